"""Where this program itself is installed.

Invariant: what the program runs from cannot be written by a call: an environment inside the workspace is
read-only there. Not covered: its own sources where they are the workspace, because whoever works on them has
to write them; what is written there runs at the next start.
"""

import functools
import json
import os
import site
import sys
from collections.abc import Iterator
from pathlib import Path

from sandbox.programs import lies_in_writable

SOURCES = Path(__file__).resolve().parent.parent
"""The folder that holds the packages: a checkout, or a ``site-packages``."""
KEPT = "FOLDERS_OF_APPRENTICE"
"""The variable that names the program's own settings and data: a JSON list of folders."""
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


def kept_below(root: Path) -> list[Path]:
    """The folders of the program's own settings and data that lie in ``root``, or that ``root`` lies in."""
    kept = _kept(os.environ.get(KEPT, "[]"))
    return [one for one in kept if one.is_relative_to(root) or root.is_relative_to(one)]


@functools.lru_cache(maxsize=1)
def _kept(written: str) -> tuple[Path, ...]:
    return tuple(Path(folder).resolve() for folder in json.loads(written))


def is_part(root: Path) -> bool:
    """Whether ``root`` lies in the folders that this program is imported from."""
    return any(root.is_relative_to(folder) for folder in code_folders())


def exposure(workspace: Path) -> str:
    """How what a call writes in ``workspace`` could run when this program starts again, or empty."""
    sources_are_written = not any(SOURCES.is_relative_to(folder) for folder in code_folders())
    if SOURCES.is_relative_to(workspace) and sources_are_written:
        return "this program's own sources are in the workspace: what a call writes there runs next time"
    for path in _started_with("PYTHONPATH"):
        if not path or not path.startswith("/") or lies_in_writable(path, workspace):
            return (
                f"PYTHONPATH leads into the workspace ({path or 'an empty entry'}):"
                " a sitecustomize.py there runs before this program begins; unset it"
            )
    for folder in _linked_folders():
        if folder.is_relative_to(workspace) and folder != SOURCES:
            return f"this program's Python imports from {folder}: a sitecustomize.py there runs next time"
    return ""


def _started_with(name: str) -> list[str]:
    """The entries of a variable as this process was started with it, whatever was cleaned since."""
    if sys.flags.ignore_environment:
        return []
    try:
        variables = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return []
    values = [os.fsdecode(one).partition("=")[2] for one in variables if one.startswith(f"{name}=".encode())]
    return values[0].split(os.pathsep) if values and values[0] else []


def _linked_folders() -> Iterator[Path]:
    """The folders that ``.pth`` files add to the import path, as for a project installed to be edited."""
    for packages in map(Path, site.getsitepackages()):
        for file in packages.glob("*.pth"):
            for line in file.read_text("utf-8", errors="replace").splitlines():
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    yield (packages / line.strip()).resolve()
