"""Cleans what steers this process and its children: the environment and the import path.

Invariant: after ``clean`` nothing is imported, loaded or found by its name below a folder where sandboxed
calls can write, except the program's own installation (see ``sandbox.installation``), and Python children
do not import from the current folder. Not covered: what Python loaded before, as a ``sitecustomize`` on its
path.
"""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from sandbox.installation import SOURCES, code_folders
from sandbox.programs import lies_in_writable

PATH_VARIABLES = (
    *("PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP"),
    *("LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "GCONV_PATH", "GGML_BACKEND_PATH", "LLAMA_CPP_LIB_PATH"),
    *("OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "GIT_EXEC_PATH", "DOCKER_CONFIG"),
)
"""Paths, divided by colons, from which code is loaded or programs are started."""


def clean(workspace: Path | None = None, environ: MutableMapping[str, str] = os.environ) -> None:
    """Drop relative paths, and those below ``workspace`` or another writable folder."""
    for name in PATH_VARIABLES:
        if name not in environ:
            continue
        own = name == "PYTHONPATH"
        paths = environ[name].split(os.pathsep)
        kept = [path for path in paths if not lies_in_writable(path, workspace) or (own and _is_own(path))]
        if kept:
            environ[name] = os.pathsep.join(kept)
        else:
            del environ[name]
    environ["PYTHONSAFEPATH"] = "1"
    sys.path[:] = import_path(sys.path, workspace)


def import_path(paths: list[str], workspace: Path | None = None) -> list[str]:
    """``paths`` without writable folders; the program's own sources last where they lie in one."""
    writable = [path for path in paths if lies_in_writable(path, workspace) and not _is_installed(path)]
    return [*(path for path in paths if path not in writable), *filter(_is_own, writable)]


def _is_own(path: str) -> bool:
    return path.startswith("/") and Path(path).resolve() == SOURCES


def _is_installed(path: str) -> bool:
    return path.startswith("/") and any(Path(path).is_relative_to(folder) for folder in code_folders())
