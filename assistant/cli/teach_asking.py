"""What commands that cost money say and ask, on stderr."""

import time

import click

from assistant.cli.invocation import is_terminal
from assistant.text_safety import visible

QUIET_S = 5.0


def ask(why: str, *, yes: bool) -> None:
    """Ask a person, where there is a reason to. Raises Abort, UsageError where nobody can answer."""
    if not why or yes:
        return
    if not is_terminal():
        raise click.UsageError(f"{why}; give --yes to begin")
    click.confirm(f"{why[0].upper()}{why[1:]}. Begin?", abort=True, err=True)


class Sayer:
    """Lines of a teacher: a wait, a field that its model does not take, a batch.

    A server that is down is told of by every request; of lines that come in a row, one is shown.
    """

    def __init__(self) -> None:
        self._last = float("-inf")
        self._unsaid = 0

    def __call__(self, line: str) -> None:
        now = time.monotonic()
        if now - self._last < QUIET_S:
            self._unsaid += 1
            return
        more = f" (and {self._unsaid} like it before)" if self._unsaid else ""
        self._last, self._unsaid = now, 0
        click.echo(("\r\x1b[K" if is_terminal() else "") + visible(f"apprentice: {line}{more}"), err=True)
