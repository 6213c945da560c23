"""What is said and asked on stderr before teachers are asked."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from assistant.cli.invocation import is_terminal
from assistant.text_safety import visible

if TYPE_CHECKING:
    from training.teachers.base import ProviderConfig

QUIET_S = 5.0


def ask(why: str, *, yes: bool) -> None:
    """Ask a person, where there is a reason to. Raises Abort, UsageError where nobody can answer."""
    if not why or yes:
        return
    if not is_terminal():
        raise click.UsageError(f"{why}; give --yes to begin")
    click.confirm(f"{why[0].upper()}{why[1:]}. Begin?", abort=True, err=True)


def warn_of_small(teachers: Iterable["ProviderConfig"], does: str) -> None:
    """Say where the embedded model is a teacher, and ``does`` that."""
    from training.models.catalogue import EMBEDDED

    if any(one.provider == "local" and one.model in ("", EMBEDDED) for one in teachers):
        click.echo(
            f"apprentice: the embedded model {does}, which is too small to be relied on; "
            "--model or teachers.local_model names a larger one",
            err=True,
        )


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
