"""``apprentice models students|lineage|compare|deploy|rollback|retire``: trained students, and who serves.

Invariant: nothing is deployed that did not pass the conversion gate and beat the student that serves, unless
it is forced; what was forced is said in the log.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.failures import complain
from assistant.cli.invocation import Invocation, pass_invocation, print_json, print_notices

if TYPE_CHECKING:
    from assistant.settings import Settings
    from training.registry import Registered, Registry

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@_as_json
@pass_invocation
def students(invocation: Invocation, as_json: bool) -> None:
    """Trained students: candidate (never served), deployed, retired (served before)."""
    from assistant.cli import students_text
    from assistant.telling import tell_log

    registry = _registry()
    for line in registry.problems():
        complain(line)
    tell_log(invocation.settings(), registry)
    found = registry.all()
    if as_json:
        print_json([students_text.facts(one) for one in found])
    else:
        click.echo(students_text.table(found, registry.unreadable()))


@click.command()
@click.argument("student")
@_as_json
def lineage(student: str, as_json: bool) -> None:
    """What STUDENT is made of and where it came from: data, run, commit, figures, gate, comparisons."""
    from assistant.cli import students_text

    registry = _registry()
    found = registry.get(student)
    facts = students_text.whole_facts(registry, found)
    print_json(facts) if as_json else click.echo(students_text.lineage(found, facts))


@click.command()
@click.argument("student")
@click.argument("other", required=False)
@click.option("--cases", "file", metavar="FILE", help="Cases, one JSON object a line.")
@click.option("--log", "of_log", is_flag=True, help="Your own decisions that neither has learned from.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N cases.")
@click.option("--seed", type=int, metavar="S", help="With --limit: N cases at random instead.")
@click.option("--fresh", is_flag=True, help="Forget what an interrupted run of the same had done.")
@_as_json
@pass_invocation
def compare(
    invocation: Invocation,
    /,
    student: str,
    other: str | None,
    file: str | None,
    of_log: bool,
    limit: int | None,
    seed: int | None,
    fresh: bool,
    as_json: bool,
) -> None:
    """Whether STUDENT is better than OTHER on cases that neither was trained on.

    OTHER is a student or 'base', the model below STUDENT; without it, what serves now. The cases are those of
    `apprentice eval tools`, or what you asked for and what came of it. Both decide each of them; the
    differences are paired, with intervals of 95 %. A run that was interrupted goes on.
    """
    if (file is None) is not of_log:
        raise click.UsageError("give one of --cases FILE and --log")
    from assistant import comparing
    from assistant.cli import students_text
    from assistant.cli.eval_options import read_or_complain, some_of
    from assistant.cli.eval_run import evaluated
    from assistant.replaying import OWN, NoReplays, own_replays
    from assistant.telling import tell_log
    from training.evaluation.cases import read_cases
    from training.registry.comparisons import keep
    from training.registry.promotion import compared

    settings = invocation.settings()
    registry = _registry(settings)
    mine, others = comparing.pair(registry, student, other)
    try:
        found_cases = (
            own_replays(settings, registry, (mine, others))
            if file is None
            else read_or_complain(lambda: read_cases(Path(file).expanduser()))
        )
    except NoReplays as error:
        raise click.ClickException(str(error)) from None
    cases, source = some_of(found_cases, limit, seed), file or OWN
    asked = [comparing.asked(one, settings, cases, source) for one in (mine, others)]
    with evaluated(asked[0], fresh=fresh) as first, evaluated(asked[1], fresh=fresh) as second:
        found = compared(first, second, settings.models.least_decisions)
        keep(registry, mine.id, others.id, found, source)
        made = comparing.events((mine, first), (others, second), found, source)
        tell_log(settings, registry, made)
    facts = {
        "candidate": mine.id,
        "other": others.id,
        "cases": len(cases),
        "source": source,
        **found.as_json(),
    }
    print_json(facts) if as_json else click.echo(students_text.comparison(facts))


@click.command()
@click.argument("student")
@click.option("--not-worse", is_flag=True, help="Also where it is not worse, and not clearly better.")
@click.option("--force", is_flag=True, help="Whatever was measured.")
@_as_json
@pass_invocation
def deploy(invocation: Invocation, student: str, not_worse: bool, force: bool, as_json: bool) -> None:
    """Let STUDENT serve, from the next start and the next /model on.

    It must have passed the conversion gate, and be better than what serves now: see `compare`.
    """
    from assistant.model_choice import let_serve
    from assistant.telling import tell_log
    from training.registry.comparisons import objection

    settings = invocation.settings()
    registry = _registry(settings)
    found = registry.get(student)
    reason = objection(registry, found, not_worse_is_enough=not_worse)
    if reason and not force:
        raise click.ClickException(f"{reason}; --force deploys it all the same")
    before = registry.deployed()
    found = registry.deploy(found.id, forced=bool(reason), reason=reason)
    print_notices(tuple(let_serve(found, settings.student, invocation.settings)))
    tell_log(settings, registry)
    _say(found, before, as_json)


@click.command()
@click.argument("student", required=False)
@_as_json
@pass_invocation
def rollback(invocation: Invocation, student: str | None, as_json: bool) -> None:
    """Let the student serve again that did so before, or STUDENT, which did so earlier."""
    from assistant.model_choice import let_serve
    from assistant.telling import tell_log

    settings = invocation.settings()
    registry = _registry(settings)
    standing = registry.deployments()
    before = registry.find(standing.current) if standing.current else None
    found = registry.rollback(student)
    if found is not None:
        print_notices(tuple(let_serve(found, settings.student, invocation.settings)))
    tell_log(settings, registry)
    _say(found, before, as_json)


@click.command()
@click.argument("student")
@_as_json
@pass_invocation
def retire(invocation: Invocation, student: str, as_json: bool) -> None:
    """Let the candidate STUDENT be none any more; where it serves, the one before it serves again."""
    from assistant.telling import tell_log

    settings = invocation.settings()
    registry = _registry(settings)
    before = registry.deployed()
    found = registry.retire(student)
    tell_log(settings, registry)
    if before is not None and before.id == found.id:
        _say(registry.deployed(), before, as_json)
    elif as_json:
        print_json({"retired": found.id})
    else:
        click.echo(f"{found.id} is retired")


def _registry(settings: "Settings | None" = None) -> "Registry":
    """The registry; what was damaged in it is mended from the log and said."""
    from training.registry.serving import own_registry

    registry = own_registry()
    if settings is not None and registry.problems():
        from assistant.telling import mended_from

        print_notices(tuple(mended_from(settings, registry)))
    return registry


def _say(found: "Registered | None", before: "Registered | None", as_json: bool) -> None:
    from assistant.text_safety import clean_line

    if as_json:
        print_json({"deployed": found.id if found else None, "before": before.id if before else None})
        return
    now = f"{found.id} ({clean_line(found.name, 60)})" if found else "the base without a trained student"
    was = f"; before: {before.id}" if before else ""
    click.echo(f"now serves: {now}{was}")
    click.echo(f"a chat that is open takes it with /model {found.id if found else 'embedded'}", err=True)
