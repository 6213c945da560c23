"""Where the user's own log lies: the same rule as for all of the program's data.

Invariant: a path is computed when it is asked for; nothing is made here.
"""

import os
from pathlib import Path

from training.events.base import EventLogError

_VARIABLE = "APPRENTICE_DATA_DIR"


def data_dir() -> Path:
    """The user's data folder: ``APPRENTICE_DATA_DIR``, else the platform's (XDG on Linux).

    Raises EventLogError where the variable is no absolute path, or where there is no home folder.
    """
    given = os.environ.get(_VARIABLE, "")
    if given:
        if not Path(given).is_absolute():
            raise EventLogError(f"{_VARIABLE} is {given!r}: give an absolute path")
        return Path(given)
    from platformdirs import user_data_dir

    try:
        found = Path(user_data_dir("apprentice", appauthor=False))
    except RuntimeError:
        found = Path("~")
    if not found.is_absolute():
        raise EventLogError(f"there is no home folder for the event log: set HOME, or {_VARIABLE}")
    return found


def log_dir() -> Path:
    """The folder of the default event log."""
    return data_dir() / "events"
