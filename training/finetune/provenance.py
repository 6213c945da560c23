"""With what a run was made: versions of the program and of its libraries, the commit, the machine."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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
    """Of the checkout that this file is in; ends in ``+`` where files of it were changed."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return ""
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"{commit}+" if commit and changed else commit


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
