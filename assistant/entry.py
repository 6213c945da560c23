"""Where the program begins, as ``apprentice`` and as ``python -m assistant``.

Invariant: before anything else is imported, the current folder is off the import path: a ``json.py`` or
``click`` that lies there is not loaded. Only modules that are built into Python are used until then. Not
covered: under ``python -m assistant``, an ``assistant`` package in the current folder, which Python takes for
this one.
"""

import os
import site
import sys


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _without_current_folder(paths: list[str]) -> list[str]:
    """``paths`` without relative ones and those in the current folder; what is installed there stays.

    Where the program's own sources are the current folder, they come last.
    """
    own = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - pathlib is not built in
    current = os.path.realpath(os.curdir)
    prefixes = (sys.prefix, sys.base_prefix)
    installed = [os.path.join(prefix, part) for prefix in prefixes for part in ("lib", "lib64")]  # noqa: PTH118
    installed += filter(None, [site.USER_SITE])
    kept: list[str] = []
    dropped: list[str] = []
    for path in paths:
        real = os.path.realpath(path)
        here = _inside(real, current) and not any(_inside(path, folder) for folder in installed)
        (dropped if here or not os.path.isabs(path) else kept).append(path)  # noqa: PTH117
    return [*kept, own] if own in map(os.path.realpath, dropped) else kept


def main() -> int:
    """Run the command line and return the exit code."""
    sys.path[:] = _without_current_folder(sys.path)
    from assistant.cli.main import main as run

    return run()
