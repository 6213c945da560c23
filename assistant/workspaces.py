"""The folders that the program ever worked in: what lies there may be the student's.

Invariant: nothing in any of them is started on the host by its name, in whatever folder a session begins, and
also where another session works there meanwhile. Not covered: a folder that was moved since, or that another
installation worked in.
"""

import json
import os
from pathlib import Path

from assistant import paths
from sandbox.clean_start import clean
from sandbox.installation import KEPT
from sandbox.programs import RECORD, count_as_writable, recorded_folders


def guard(workspace: Path) -> None:
    """Let no program and no module of ``workspace``, or of an earlier one, be started or imported."""
    try:
        os.environ[RECORD] = str(paths.workspaces_file())
    except paths.PathsError:  # there is no data folder, so there was no session; whoever needs one says it
        os.environ.pop(RECORD, None)
    os.environ[KEPT] = json.dumps([str(folder) for folder in paths.own_folders()])
    count_as_writable(workspace)
    clean()


def remember(workspace: Path) -> None:
    """Keep ``workspace`` for good. Raises PathsError."""
    file = paths.workspaces_file()
    if workspace in recorded_folders(file):
        return
    try:
        paths.ensure_folder(file.parent)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(str(workspace)) + "\n")
    except OSError as error:
        fix = "make room, or check its owner"
        raise paths.PathsError(f"{file} cannot be written: {error.strerror}; {fix}") from error
