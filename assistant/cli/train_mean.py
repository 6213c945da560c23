"""``apprentice train mean``: one adapter of several."""

from dataclasses import asdict
from pathlib import Path

import click

from assistant.cli.invocation import Invocation, pass_invocation, print_json
from assistant.cli.jobs import as_json
from assistant.cli.runs import origin_of
from assistant.text_safety import clean


@click.command()
@click.argument("adapters", metavar="ADAPTER...", nargs=-1, required=True)
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="The GGUF to write; a new file."
)
@click.option("--rank", type=click.IntRange(min=1), help="Of the mean; by default that of the first.")
@as_json
@pass_invocation
def mean(
    _invocation: Invocation, /, adapters: tuple[str, ...], output: Path, rank: int | None, as_json: bool
) -> int:
    """Write the mean of adapters over one base: runs, students, or GGUFs.

    Stages of one training lie close together, and between them there is often a student better than each.
    One that is named twice counts twice. `apprentice train run --from OUTPUT` trains it further, and with
    --epochs 0 hands it over as it is, for `apprentice train export` to prove.
    """
    from training.export.mean import write_mean
    from training.export.naming import ExportError
    from training.jobs.base import JobError

    if output.exists():
        raise JobError(f"{clean(str(output))} is there already; give another name")
    found = [_found(each) for each in adapters]
    runs = [run for _, run in found if run]
    try:
        made = write_mean([path for path, _ in found], output, rank, runs)
    except (ExportError, OSError) as error:
        raise JobError(str(error)) from None
    if as_json:
        print_json({"path": str(output), **asdict(made)})
    else:
        click.echo(
            f"{clean(str(output))}: the mean of {made.adapters} adapters, rank {made.rank}, which holds "
            f"{made.kept:.1%} of its square"
        )
    return 0


def _found(named: str) -> tuple[Path, str]:
    """The adapter of what is named, and the run that it comes from, where that is known. Raises JobError."""
    from training.finetune.outputs import ADAPTER_GGUF

    path, run = origin_of(named)
    return (path / ADAPTER_GGUF if path.is_dir() else path), run
