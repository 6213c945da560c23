"""Where the user's own log lies.

Invariant: a path is computed when it is asked for; nothing is made here.
"""

import os
from pathlib import Path


def data_dir() -> Path:
    """The user's data folder: ``APPRENTICE_DATA_DIR``, or the platform's (XDG on Linux). Not made here."""
    chosen = os.environ.get("APPRENTICE_DATA_DIR", "")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("apprentice", appauthor=False)


def log_dir() -> Path:
    """The folder of the default event log."""
    return data_dir() / "events"
