"""How the program ends when something went wrong: one line on stderr and an exit code.

Invariant: no traceback unless it was asked for, and no text that a terminal could act upon.
"""

import contextlib
import errno
import os
import resource
import sys
import traceback

import click

from assistant.text_safety import visible  # not later: nothing can be imported when descriptors are gone

NAME = "apprentice"
FAILED = 1
WRONG_USAGE = 2
OUR_PACKAGES = frozenset({"assistant", "training", "tools", "sandbox"})


def complain(message: str, code: int = FAILED) -> int:
    """Say ``message`` in one line and return ``code``."""
    if any(os.strerror(number) in message for number in (errno.EMFILE, errno.ENFILE)):
        message = no_descriptors()
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
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return complain(no_descriptors())
    hint = "" if debug else "; run again with --debug for more"
    return complain(f"unexpected {kind.__name__}: {error}{hint}")


def no_descriptors() -> str:
    """What to do when no more files can be opened."""
    sys.unraisablehook = lambda _: None  # what cannot be closed in good order says no more
    most, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = max(4096, 2 * most) if highest == resource.RLIM_INFINITY else min(max(4096, 2 * most), highest)
    mend = f"raise the limit with: ulimit -n {raised}" if raised > most else "close other programs"
    return f"too many files are open (at most {most} here); {mend}"


def give_up_stdout() -> None:
    """Keep the interpreter from complaining when it flushes a pipe that nobody reads."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
