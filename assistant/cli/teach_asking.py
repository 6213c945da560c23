"""What commands that cost money say and ask, on stderr."""

import click

from assistant.cli.invocation import is_terminal
from assistant.text_safety import visible


def ask(why: str, *, yes: bool) -> None:
    """Ask a person, where there is a reason to. Raises Abort, UsageError where nobody can answer."""
    if not why or yes:
        return
    if not is_terminal():
        raise click.UsageError(f"{why}; give --yes to begin")
    click.confirm(f"{why[0].upper()}{why[1:]}. Begin?", abort=True, err=True)


def said(line: str) -> None:
    """A line of a teacher: a wait, a field that its model does not take, a batch."""
    click.echo(visible(f"apprentice: {line}"), err=True)
