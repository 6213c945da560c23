"""``apprentice train estimate|bases|notebook``: what a run takes, what can be tuned, a run elsewhere."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from assistant.cli.invocation import print_json
from assistant.cli.jobs import as_json
from assistant.cli.train_options import of_an_order, order_of
from assistant.text_safety import clean
from assistant.train_text import bases_text, estimate_text
from assistant.train_wanted import estimated


@click.command()
@of_an_order
@as_json
def estimate(as_json: bool, **given: Any) -> None:
    """Say what a run with these options would take: steps, time, memory.

    The speed of this machine is measured for a moment; beside other work a run takes longer.
    """
    found = estimated(order_of(**given))
    if as_json:
        print_json({**asdict(found), "fits": found.fits})
    else:
        click.echo(clean(estimate_text(found)))


@click.command()
@as_json
def bases(as_json: bool) -> None:
    """Which models can be tuned on this machine, and what each takes."""
    from training.finetune.bases import bases as found_bases
    from training.finetune.installed import check_installed
    from training.finetune.probe import probe
    from training.models.store import ModelStore

    check_installed()
    found = found_bases(probe(), ModelStore())
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        click.echo(clean(bases_text(found)))


@click.command()
@of_an_order
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it; by default NAME.ipynb.",
)
@click.option(
    "--package",
    default="",
    metavar="WHEEL|URL|COMMIT",
    help="What is installed there: a wheel that you put on your Drive, the URL of one, or "
    "git+https://HOST/PROJECT@COMMIT. By default what is installed here, if it came from a URL, a commit or "
    "a package index.",
)
def notebook(output: Path | None, package: str, **given: Any) -> None:
    """Write a run with these options as a notebook for Google Colab, with everything kept on your Drive."""
    from training.finetune.notebook import notebook as made

    asked = order_of(**given, here=False)
    path = output or Path(f"{asked.name}.ipynb")
    content = json.dumps(made(asked, package), indent=1) + "\n"
    try:
        path.write_text(content, "utf-8")
    except OSError as error:
        raise click.UsageError(f"--output {path}: {error.strerror}") from None
    click.echo(str(path))
