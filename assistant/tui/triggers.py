"""What the text before the cursor asks to be completed. Pure.

A ``/`` at the very start asks the command registry; an ``@`` at the start of a word asks for a file.
"""

import re
from dataclasses import dataclass

_FILE = re.compile(r"(?:^|(?<=\s))@([^\s@]*)$")
_COMMAND = re.compile(r"/[\w-]*(?: [^\n]*)?")


@dataclass(frozen=True)
class FileTrigger:
    """``query`` is what was typed behind the ``@``."""

    query: str


def file_trigger(before: str) -> FileTrigger | None:
    """The file that the text before the cursor asks for, or None."""
    match = _FILE.search(before)
    return FileTrigger(match[1]) if match else None


def is_command(text: str) -> bool:
    """True for ``/word`` and ``/word argument``; a path such as ``/usr/bin`` is none."""
    return _COMMAND.fullmatch(text) is not None


def shell_command(text: str) -> str | None:
    """The command behind a ``!``, or None."""
    return text[1:].strip() if text.startswith("!") else None
