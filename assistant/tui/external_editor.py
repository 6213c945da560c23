"""Lets the person write a text in their own editor."""

import os
import shlex
import subprocess
from collections.abc import Mapping

from sandbox.programs import ProgramError, host_command
from sandbox.scratch import scratch_folder


class EditorError(Exception):
    """The editor could not be used: one line, what and how to mend it."""


def editor_command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """``$VISUAL``, ``$EDITOR`` or ``vi``, split as a shell would."""
    given = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    try:
        return shlex.split(given) or ["vi"]
    except ValueError as error:
        raise EditorError(f"EDITOR is {given!r}: {error}; set it to a command such as vim") from error


def wants_editor(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the user named an editor."""
    return bool(environ.get("VISUAL") or environ.get("EDITOR"))


def edit(text: str, command: list[str], name: str = "request.md") -> str:
    """What the user made of ``text``, in a file called ``name``. Blocks until the editor ends.

    The line break that editors put at the end is taken off where ``text`` has none. Raises EditorError.
    """
    with scratch_folder("edit") as folder:
        file = folder / name
        file.write_text(text, encoding="utf-8", errors="replace")
        try:
            done = subprocess.run(
                host_command(*command, str(file), fix="set EDITOR to another one"),
                check=False,
                cwd=folder,  # the workspace may hold settings of editors, such as .exrc
                env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
            )
        except ProgramError as error:
            raise EditorError(str(error)) from error
        except OSError as error:
            raise EditorError(
                f"{command[0]}: {error.strerror}; set EDITOR to an editor that is there"
            ) from error
        if done.returncode != 0:
            raise EditorError(f"{command[0]} ended with {done.returncode}; the text is as it was")
        edited = file.read_text("utf-8", errors="replace")
        return edited if text.endswith("\n") else edited.removesuffix("\n")
