"""The folders that the program ever worked in: what lies there may be the student's.

Invariant: nothing in any of them is started on the host by its name, in whatever folder a session begins. Not
covered: a folder that was moved since, or that another installation worked in.
"""

import json
from pathlib import Path

from assistant import paths
from sandbox.clean_start import clean
from sandbox.programs import count_as_writable


def guard(workspace: Path) -> None:
    """Let no program and no module of ``workspace``, or of an earlier one, be started or imported."""
    for folder in (*earlier(), workspace):
        count_as_writable(folder)
    clean()


def earlier() -> list[Path]:
    """Every folder that was remembered; a damaged line is passed over."""
    try:
        lines = paths.workspaces_file().read_text("utf-8", errors="replace").splitlines()
    except (OSError, paths.PathsError):
        return []
    found = []
    for line in lines:
        try:
            folder = json.loads(line)
        except ValueError:
            continue
        if isinstance(folder, str) and folder.startswith("/") and "\0" not in folder:
            found.append(Path(folder))
    return found


def remember(workspace: Path) -> None:
    """Keep ``workspace`` for good. Raises OSError or PathsError."""
    if workspace in earlier():
        return
    file = paths.workspaces_file()
    paths.ensure_folder(file.parent)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(str(workspace)) + "\n")
