"""Where Apprentice keeps its files: the one module that knows.

Invariant: a folder is made only when someone is about to use it, with mode 0700, and never inside the
workspace. ``APPRENTICE_CONFIG_DIR``, ``APPRENTICE_DATA_DIR``, ``APPRENTICE_STATE_DIR`` and
``APPRENTICE_CACHE_DIR`` move a folder; else XDG decides.
"""

import os
from pathlib import Path

NAME = "apprentice"
PROJECT_FOLDER = ".apprentice"


class PathsError(Exception):
    """A folder cannot be found or made: one line, which, why, and the variable that moves it."""


def settings_file() -> Path:
    """The person's own settings; the file need not exist."""
    return _root("config") / "settings.toml"


def own_folders() -> list[Path]:
    """All that is kept for the person: what a call could write there would steer the next session."""
    found = []
    for kind in ("config", "data", "state", "cache"):
        try:
            found.append(_root(kind))
        except PathsError:
            continue
    return found


def project_settings_files(workspace: Path) -> tuple[Path, Path]:
    """The settings that live in the workspace, weaker first: shared, then local (untracked)."""
    folder = workspace / PROJECT_FOLDER
    return folder / "settings.toml", folder / "settings.local.toml"


def trust_file() -> Path:
    """What the person said of folders; made with their first word."""
    return _root("data") / "trust.json"


def rules_file() -> Path:
    """The person's rules for one workspace, or for a time; out of reach of any workspace."""
    return _root("data") / "rules.json"


def workspaces_file() -> Path:
    """The folders that the program worked in; made with the first chat."""
    return _root("data") / "workspaces"


def data_dir() -> Path:
    return _made("data", _root("data"))


def sessions_dir() -> Path:
    return _made("data", data_dir() / "sessions")


def snapshots_dir() -> Path:
    """A folder per workspace; made by the first snapshot."""
    return data_dir() / "snapshots"


def events_dir() -> Path:
    return _made("data", data_dir() / "events")


def exports_dir(workspace: Path) -> Path:
    """What is exported while one works in ``workspace``, where no other place is named."""
    return _made("data", _project_dir(workspace) / "exports")


def examples_dir(workspace: Path) -> Path:
    """Where teachers' examples go while one works in ``workspace``; made by the first of them."""
    return _project_dir(workspace) / "examples"


def _project_dir(workspace: Path) -> Path:
    """What belongs to a workspace and is kept outside of it, so that no search there finds it."""
    from hashlib import sha256

    folder = workspace.absolute()
    return data_dir() / "projects" / f"{folder.name}-{sha256(os.fsencode(folder)).hexdigest()[:8]}"


def jobs_dir() -> Path:
    """A folder per job; made by the first one."""
    return data_dir() / "jobs"


def history_file() -> Path:
    """The requests typed so far, over runs; its folder exists after this call."""
    return _made("state", _root("state")) / "history"


def look_file() -> Path:
    """How the full-screen chat looked last; its folder exists after this call."""
    return _made("state", _root("state")) / "look.json"


def logs_dir() -> Path:
    return _made("state", _made("state", _root("state")) / "logs")


def evaluations_dir() -> Path:
    """What interrupted evaluations had done so far."""
    return _made("state", _made("state", _root("state")) / "evaluations")


def judgings_dir() -> Path:
    """What teachers said when they graded or labelled decisions, so that nothing is paid for twice."""
    return _made("state", _made("state", _root("state")) / "judgings")


def ranker_file() -> Path:
    """The ranker of tools that was fitted to the person's own decisions; there is none at first."""
    return _made("data", _root("data")) / "ranker.json"


def student_cache() -> Path:
    """Saved KV states of the student; safe to delete at any time."""
    return _made("cache", _made("cache", _root("cache")) / "student")


def vectors_cache() -> Path:
    """Vectors of texts that were embedded by a model; safe to delete at any time."""
    return _made("cache", _made("cache", _root("cache")) / "vectors")


def ensure_folder(folder: Path) -> Path:
    """Make ``folder`` with mode 0700 where it is missing. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _variable(kind: str) -> str:
    return f"APPRENTICE_{kind.upper()}_DIR"


def _root(kind: str) -> Path:
    variable = _variable(kind)
    given = os.environ.get(variable)
    if given:
        folder = Path(given)
        if not folder.is_absolute():
            raise PathsError(f"{variable} is {given!r}: give an absolute path")
        return folder
    # Only here, so that `apprentice --version` does not pay for it.
    import platformdirs

    try:
        found = Path(getattr(platformdirs, f"user_{kind}_dir")(NAME, appauthor=False))
    except RuntimeError:
        found = Path("~")
    # Older versions of platformdirs leave the ~ where the newer ones raise.
    if not found.is_absolute():
        raise PathsError(f"there is no home folder for the {kind} folder: set HOME, or {variable}")
    return found


def _made(kind: str, folder: Path) -> Path:
    try:
        return ensure_folder(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PathsError(
            f"cannot make the {kind} folder {folder}: {reason}; "
            f"set {_variable(kind)} to a folder that you may write"
        ) from error
