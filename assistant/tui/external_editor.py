"""Lets the person write a text in their own editor."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path


class EditorError(Exception):
    """The editor could not be used: one line, what and how to mend it."""


def editor_command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """``$VISUAL``, ``$EDITOR`` or ``vi``, split as a shell would."""
    given = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    try:
        return shlex.split(given) or ["vi"]
    except ValueError as error:
        raise EditorError(f"EDITOR is {given!r}: {error}; set it to a command such as vim") from error


def edit(text: str, command: list[str]) -> str:
    """What the person made of ``text``. Blocks until the editor ends. Raises EditorError."""
    with tempfile.TemporaryDirectory(prefix="apprentice-") as folder:
        file = Path(folder, "request.md")
        file.write_text(text, encoding="utf-8", errors="replace")
        try:
            done = subprocess.run([*command, str(file)], check=False)
        except OSError as error:
            raise EditorError(
                f"{command[0]}: {error.strerror}; set EDITOR to an editor that is there"
            ) from error
        if done.returncode != 0:
            raise EditorError(f"{command[0]} ended with {done.returncode}; the text is as it was")
        return file.read_text("utf-8", errors="replace").removesuffix("\n")
