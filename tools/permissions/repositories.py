"""Git directories known by their shape: git takes any folder with ``HEAD``, ``objects`` and ``refs`` as one.

Its settings name programs (``core.fsmonitor``, ``core.pager``, hooks), which run as soon as somebody types
``git status`` below it. Covered: folders that are such a directory already, or that one more file would make
one, also by ``commondir``. Not covered: files of a repository that name no program, such as its logs.
"""

import unicodedata
from pathlib import Path

_SETTINGS = frozenset({"config", "config.worktree", "hooks", "info", "modules", "worktrees", "packed-refs"})
_SHAPE = frozenset({"head", "objects", "refs", "commondir"})


def is_part_of_repository(target: str, workspace: Path) -> bool:
    """Whether the file at ``target``, relative to the workspace, belongs to a git directory, or makes one."""
    parts = Path(target).parts
    for depth, name in enumerate(map(plain, parts)):
        if name in _SETTINGS | _SHAPE:
            held = _entries(workspace.joinpath(*parts[:depth])) | {name}
            if "head" in held and (held >= {"objects", "refs"} or "commondir" in held):
                return True
    return False


def plain(name: str) -> str:
    """``name`` as a file system that knows neither case nor invisible characters takes it."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    visible = "".join(one for one in folded if unicodedata.category(one) not in ("Cf", "Cc", "Mn"))
    return visible.rstrip(". ") or visible


def _entries(folder: Path) -> set[str]:
    """What of a git directory's shape lies in ``folder``."""
    try:
        return {found for entry in folder.iterdir() if (found := plain(entry.name)) in _SHAPE}
    except OSError:
        return set()
