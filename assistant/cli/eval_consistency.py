"""``apprentice eval consistency``: the same asked in other words, and of tools in other orders."""

from pathlib import Path

import click

from assistant.cli.eval_options import (
    common_options,
    output_option,
    read_or_complain,
    selection_option,
    some_of,
    target_of,
    wanted_student,
    way_of,
)
from assistant.cli.eval_run import Asked, as_judged, evaluated
from assistant.cli.invocation import Invocation, pass_invocation, print_json
from tools.selection.offer import Way


@click.command("consistency")
@click.option("--cases", "file", required=True, metavar="FILE", help='Cases with a "group", as for tools.')
@click.option(
    "--orders",
    type=click.IntRange(min=0, max=20),
    default=2,
    show_default=True,
    metavar="K",
    help="In how many other orders the tools are offered too.",
)
@common_options
@selection_option
@output_option
@pass_invocation
def consistency(
    invocation: Invocation,
    /,
    file: str,
    orders: int,
    model: str | None,
    limit: int | None,
    seed: int | None,
    selection: Way | None,
    output: str | None,
    fresh: bool,
    as_json: bool,
) -> None:
    """How often the student decides the same, and rightly, where the same is asked.

    Cases of one "group" ask the same in other words. All of them are asked with the tools in the order in
    which the chat offers them, and again in K other orders. Two decisions are the same if both are right and
    call the same tool, or if they are the same to the letter. --limit counts groups.
    """
    from assistant.cli import eval_text
    from training.evaluation.cases import read_cases
    from training.evaluation.consistency import consistency_report, in_orders
    from training.student.prompt import prompt_for

    target = target_of(output)
    settings = invocation.settings()
    student = as_judged(wanted_student(settings.student, model))
    prompt = prompt_for(student.model, student.prompt)
    cases = read_or_complain(lambda: read_cases(Path(file).expanduser()))
    if lonely := [case.id for case in cases if not case.group]:
        raise click.UsageError(f'{file}: the case {lonely[0]} has no "group"; give it one')
    groups = some_of(list(dict.fromkeys(case.group for case in cases)), limit, seed)
    wanted = in_orders([case for case in cases if case.group in groups], orders)
    asked = Asked(file, wanted, student, prompt, way_of(settings, prompt, selection))
    with evaluated(asked, fresh=fresh) as found:
        if target:
            eval_text.write_decisions(target, found)
        facts = {**consistency_report(found), **asked.facts()}
        print_json(facts) if as_json else click.echo(eval_text.consistency_text(facts))
