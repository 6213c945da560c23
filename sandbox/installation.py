"""Where this program itself is installed.

Invariant: what the program runs from cannot be written by a call: an environment inside the workspace is
read-only there. Not covered: its own sources where they are the workspace, because whoever works on them has
to write them; what is written there runs at the next start.
"""

import site
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent
"""The folder that holds the packages: a checkout, or a ``site-packages``."""
_PARTS = ("bin", "lib", "lib64", "pyvenv.cfg")


def environments() -> list[Path]:
    """The virtual environment and the Python below it, as they are called and as they are found."""
    prefixes = [Path(one) for one in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)]
    return list(dict.fromkeys([*prefixes, *(prefix.resolve() for prefix in prefixes)]))


def code_folders() -> list[Path]:
    """The folders that Python and the libraries are imported from."""
    installed = [prefix / part for prefix in environments() for part in _PARTS[:3]]
    return [*installed, Path(site.getusersitepackages())]


def installed_below(root: Path) -> list[Path]:
    """What of the environments lies in the workspace ``root``, as relative paths, none inside another."""
    found = [one.relative_to(root) for one in environments() if one != root and one.is_relative_to(root)]
    if root in environments():
        found += [Path(part) for part in _PARTS if (root / part).exists()]
    return [one for one in found if not any(one != other and one.is_relative_to(other) for other in found)]


def is_part(root: Path) -> bool:
    """Whether ``root`` lies in the folders that this program is imported from."""
    return any(root.is_relative_to(folder) for folder in code_folders())


def runs_from(workspace: Path) -> bool:
    """Whether the program's own sources lie in ``workspace``, where a call can change them."""
    installed = any(SOURCES.is_relative_to(folder) for folder in code_folders())
    return SOURCES.is_relative_to(workspace) and not installed
