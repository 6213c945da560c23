"""With what a run was made: versions of the program and of its libraries, the commit, the machine."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sandbox.installation import SOURCES
from sandbox.programs import ProgramError, host_command

_QUIET = ("--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_ALONE = {
    "PATH": os.defpath,
    "LC_ALL": "C",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
_LIBRARIES = ("apprentice", "torch", "transformers", "peft", "accelerate", "gguf", "llama-cpp-python")


def provenance() -> dict[str, Any]:
    """As JSON. ``commit`` is empty where the program is not a checkout."""
    return {
        "versions": {"python": platform.python_version(), **_versions()},
        "commit": _commit(),
        "machine": {"system": platform.system(), "machine": platform.machine()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    """Of the checkout that this file is in; ends in ``+`` where files of it were written since."""
    return commit_of(SOURCES)


def commit_of(folder: Path) -> str:
    """The commit of a checkout, as git tells without running anything that the repository names."""
    if not (folder / ".git").exists():
        return ""
    commit = _git(folder, "rev-parse", "HEAD")
    # Marks of the last write are compared and no contents, because contents go through the filters.
    written = _git(folder, "diff-files", "--name-only", "--ignore-submodules")
    staged = _git(folder, "diff-index", "--cached", "--name-only", "--ignore-submodules", "HEAD")
    return f"{commit}+" if commit and (written or staged) else commit


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            host_command("git", *_QUIET, "-C", str(folder), *arguments),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            env=_ALONE,
        )
    except (OSError, subprocess.TimeoutExpired, ProgramError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
