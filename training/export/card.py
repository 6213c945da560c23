"""The card of a student: what it was made from, how good it is, and what it is not for."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from training.export.mean import mean_of
from training.export.source import Run
from training.models.catalogue import catalogue

_FIGURES = {
    "tool": "right tool",
    "call": "whole call right",
    "restraint": "answers where no tool is needed",
}


def card(name: str, run: Run, report: Mapping[str, Any], file: Path) -> str:
    """As Markdown."""
    return (
        "\n\n".join(
            [
                f"# {name}",
                _what(run, report, file),
                "## Data and training\n\n" + _table(_training(run)),
                "## Figures\n\n" + _figures(run, report),
                "## Limits\n\n" + _limits(run, report),
            ]
        )
        + "\n"
    )


def _what(run: Run, report: Mapping[str, Any], file: Path) -> str:
    base = catalogue().get(run.order.base)
    below = f"{base.name} ({base.base}, {base.license})" if base else run.order.base
    form = "A LoRA adapter over" if report["form"] == "adapter" else "A fine-tuned copy of"
    return (
        f"{form} {below}, {file.stat().st_size / 1e6:.1f} MB, for calling the tools of a coding assistant in "
        f"a terminal. sha256 `{report['sha256']}`. It is of use with its own `prompt.toml` only."
    )


def _training(run: Run) -> Iterable[tuple[str, str]]:
    order, facts = run.order, run.facts
    settings = order.settings.model_dump(exclude_defaults=True)
    examples = facts.get("examples", {})
    yield "data", f"{order.training.parent.name}/{order.training.name}, sha256 `{data_id(run)}`"
    yield (
        "examples",
        f"{examples.get('training', 0):,} to learn from, {examples.get('validation', 0):,} to look at",
    )
    yield "method", f"{order.settings.method}, seed {order.settings.seed}, {facts.get('steps', 0):,} steps"
    yield "settings", ", ".join(f"{key} {value}" for key, value in settings.items()) or "the defaults"
    if start := start_id(run):
        yield "goes on from", f"an adapter, sha256 {start}"
    yield "commit", str(facts.get("commit") or "not from a checkout")
    yield "versions", ", ".join(f"{key} {value}" for key, value in dict(facts.get("versions", {})).items())


def data_id(run: Run) -> str:
    """The beginning of the digest of the examples that were learned from."""
    return run.order.digests.get(str(run.order.training), "")[:16]


def start_id(run: Run) -> str:
    """The digest of the adapter that was trained further, and what it is a mean of; empty where none was."""
    start = run.order.start
    if start is None:
        return ""
    digest = run.order.digests.get(str(start), "")
    mean = mean_of(start) if start.suffix == ".gguf" and start.is_file() else ""
    return f"{digest}, the mean of {mean}" if mean else digest


def _figures(run: Run, report: Mapping[str, Any]) -> str:
    best = run.facts.get("figures", {})
    rows = [(f"validation: {said}", f"{best[key]:.1%}") for key, said in _FIGURES.items() if key in best]
    rows += [
        (f"gate: {check['name']}", str(check["figure"])[:16])
        for check in report["verdicts"][-1]["checks"]
        if check["name"] != "sha256"
    ]
    return _table(rows)


def _limits(run: Run, report: Mapping[str, Any]) -> str:
    lines = [
        "- It chooses tools and writes their arguments; it knows little of the world and does not reason.",
        f"- It was tuned to one prompt and one calling format, in sequences of at most "
        f"{run.order.settings.max_tokens:,} tokens.",
        "- The figures are of examples like those that it learned from; people ask otherwise.",
    ]
    if not report["held_out"]:
        lines.append("- Nothing was held out: the gate judged it on examples that it had learned from.")
    if report["missing"]:
        lines.append(f"- The gate: {report['missing']}.")
    if fallback := report["verdicts"][-1]["fallback"]:
        lines.append(f"- {fallback[0].upper()}{fallback[1:]}.")
    if report["gate"] == "failed":
        failed = [check["name"] for check in report["verdicts"][-1]["checks"] if not check["passed"]]
        lines.append(f"- It did not pass the conversion gate: {', '.join(failed)}.")
    return "\n".join(lines)


def _table(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {key} | {value} |" for key, value in rows)])
