"""How the program ends when something went wrong: one line on stderr and an exit code.

Invariant: no traceback unless it was asked for, and no text that a terminal could act upon.
"""

import contextlib
import os
import sys
import traceback

import click

NAME = "apprentice"
FAILED = 1
WRONG_USAGE = 2
OUR_PACKAGES = frozenset({"assistant", "training", "tools", "sandbox"})


def complain(message: str, code: int = FAILED) -> int:
    """Say ``message`` in one line and return ``code``."""
    from assistant.text_safety import visible

    with contextlib.suppress(BrokenPipeError):
        click.echo(f"{NAME}: {visible(' '.join(message.split()))}", err=True)
    return code


def failed(error: Exception, *, debug: bool) -> int:
    """Say ``error``: our own exceptions carry the one line, any other is a bug or the machine's."""
    if debug:
        traceback.print_exception(error)
    kind = type(error)
    if kind.__module__.partition(".")[0] in OUR_PACKAGES:
        return complain(str(error), WRONG_USAGE if kind.__name__ == "SettingsError" else FAILED)
    hint = "" if debug else "; run again with --debug for more"
    return complain(f"unexpected {kind.__name__}: {error}{hint}")


def give_up_stdout() -> None:
    """Keep the interpreter from complaining when it flushes a pipe that nobody reads."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
