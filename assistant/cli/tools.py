"""``apprentice tools``: what the student may call, how calls went, and the ranker that offers them.

Invariant: only ``fit`` writes, and only the person's own ranker; text from the log is made inert.
"""

from typing import Any

import click

from assistant.cli.decision_options import json_option, log_option, opened, print_facts, reading
from assistant.cli.invocation import print_json
from assistant.cli.progress import progress
from assistant.cli.tool_tables import fitted_text, ranking_text, statistics_text

PARTS = 100
"""Of the bar of ``fit``."""


@click.group()
def tools() -> None:
    """The student's tools."""


@tools.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_tools(as_json: bool) -> None:
    """Every tool with its arguments ('?' for optional ones), its risk and its time-out."""
    from tools.registry import builtin_registry

    registry = builtin_registry()
    if as_json:
        print_json(
            [
                {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                    "risk": tool.risk.value,
                    "timeout_s": tool.timeout_s,
                }
                for tool in registry
            ]
        )
        return
    for tool in registry:
        click.echo(
            f"{tool.name:<13} {tool.risk.value:<8} {tool.timeout_s:>4.0f} s  {_arguments(tool.parameters)}"
        )
        click.echo(f"{'':<13} {tool.description}")


@tools.command()
@click.option("--session", "session_id", metavar="ID", help="Only decisions of this session.")
@log_option
@json_option
def stats(session_id: str | None, url: str | None, as_json: bool) -> None:
    """How calls went, what was offered, how often the ranker was right, and tokens.

    Times and SUCCESS are of calls that ran. OFFERED is what the first decision of a turn was chosen from;
    widened ones were asked again with every tool. The ranker is compared with what was chosen or corrected,
    where there was a choice. Tokens saved are those that full JSON Schemas of all tools would take more; they
    and the RESULT of a call are estimates.
    """
    from training.events.decisions import rows
    from training.events.tool_figures import tool_statistics

    with opened(url) as log, reading(log) as view:
        found = tool_statistics(rows(view, session_id=session_id) if view else ())
    print_facts(found, as_json, lambda: statistics_text(found))


@tools.command()
@click.argument("request")
@json_option
def rank(request: str, as_json: bool) -> None:
    """How likely each tool is right for REQUEST, as the ranker sees it."""
    from assistant import paths
    from tools.registry import builtin_registry
    from tools.selection.ranker import open_ranker

    ranker, problem = open_ranker(paths.ranker_file())
    if problem:
        click.echo(f"note: {problem}", err=True)
    found = ranker.rank(request, builtin_registry().signatures())
    print_facts([one._asdict() for one in found], as_json, lambda: ranking_text(found))


@tools.command()
@log_option
@json_option
def fit(url: str | None, as_json: bool) -> None:
    """Fit the ranker to the decisions of the log; needs scikit-learn.

    What you corrected or refused counts most, what nobody objected to a little. It is used from the next
    chat on, if it is no worse than the shipped one on sessions that it did not learn from.
    """
    from assistant import paths
    from tools.registry import builtin_registry
    from tools.selection.model import save_model
    from training.events.decisions import rows
    from training.ranker.fit import FitError
    from training.ranker.refit import newest_examples, refit

    with opened(url) as log, reading(log) as view:
        examples = newest_examples(rows(view)) if view else []
    with progress("fitting", PARTS) as told:
        try:
            signatures = builtin_registry().signatures()
            found = refit(examples, signatures, lambda done, total: told(PARTS * done // total))
        except FitError as error:
            raise click.ClickException(str(error)) from error
    path = paths.ranker_file()
    if found.helps:
        save_model(found.model, path)
    facts = {
        **_accuracy(found.fitted, ""),
        **_accuracy(found.shipped, "shipped_"),
        "held_out": found.fitted.requests if found.fitted else 0,
        "requests": found.model.facts["requests"],
        "from_log": found.from_log,
        "adopted": found.helps,
        "path": str(path),
    }
    print_facts(facts, as_json, lambda: fitted_text(facts))


def _accuracy(found: Any, prefix: str) -> dict[str, float | None]:
    return {f"{prefix}{name}": getattr(found, name, None) for name in ("top1", "top3")}


def _arguments(parameters: dict[str, Any]) -> str:
    required = parameters.get("required", [])
    return ", ".join(name if name in required else f"{name}?" for name in parameters.get("properties", {}))
