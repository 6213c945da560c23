"""Files that run by themselves, which mode ``edit`` asks about before it writes one.

Covered: the names in ``self_running.toml`` and look-alikes of them, virtual environments under any name,
the folder that ``core.hooksPath`` names, git directories under any name (``repositories``), and modules that
Python would import in place of its own, of this program's or of a common tool's. Not covered: code that only
runs where somebody runs it, which is what an approval of edits is for.
"""

import re
import sys
import tomllib
from functools import cache
from pathlib import Path

from tools.permissions.repositories import is_part_of_repository, plain

_MOST = 1 << 20
_SPHINX = ("index.rst", "index.md", "index.txt", "_templates", "_static", "make.bat")
_CONFIGS = ("config", "config.worktree")
_HOOK = re.compile(
    r"(?:pre|post|prepare|commit|applypatch|update|reference|push|proc|fsmonitor|sendemail|p4)[a-z0-9-]*"
)


@cache
def listed() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The groups of the table: when they run, and their patterns."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        table = tomllib.load(file)
    return {name: (each["when"], tuple(each["files"])) for name, each in table.items() if "files" in each}


@cache
def modules() -> tuple[str, frozenset[str]]:
    """When modules at the top of the workspace run, and what this program and common tools import."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        table = tomllib.load(file)["modules"]
    return table["when"], frozenset(name.casefold() for name in table["names"])


def runs_when(target: str, workspace: Path) -> str:
    """When the file at ``target``, relative to the workspace, would run by itself; "" where it would not."""
    path = "/".join(map(plain, target.split("/")))
    for when, names in _patterns():
        if names.search(path):
            return when
    first = path.split("/")[0]
    if path in (f"{first}/__init__.py", f"{first}/__main__.py", first):
        module = first.removesuffix(".py") if path == first else first
        when, others = modules()
        if (path != first or first.endswith(".py")) and module in others:
            return when
        if module in sys.stdlib_module_names:
            return "in place of Python's own module when Python starts there"
    if is_part_of_repository(target, workspace):
        return "when you use git there"
    if path.endswith("/conf.py") and any((workspace / target).with_name(name).exists() for name in _SPHINX):
        return "when you build the documentation"
    parents = [workspace.joinpath(*Path(target).parts[:depth]) for depth in range(1, len(Path(target).parts))]
    if any((folder / name).exists() for folder in parents for name in ("pyvenv.cfg", "conda-meta")):
        return "when you use the virtual environment"
    hooks = _hooks_folder(workspace)
    named_as_one = hooks != workspace.resolve() or _HOOK.fullmatch(path)
    if hooks is not None and hooks in [workspace.resolve(), *map(Path.resolve, parents)] and named_as_one:
        return "when you commit, check out or merge"
    return ""


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((when, re.compile("|".join(map(_regex, files)))) for when, files in listed().values())


def _regex(pattern: str) -> str:
    """A name of a file, or of a folder where it ends in a slash, anywhere in a path."""
    text = re.escape(pattern.casefold().rstrip("/")).replace(r"\*", "[^/]*")
    return f"(?:^|/){text}{'/' if pattern.endswith('/') else '$'}"


def _hooks_folder(workspace: Path) -> Path | None:
    """The folder in the workspace that its repository's ``core.hooksPath`` names."""
    text = "\n".join(_head(folder / name) for folder in _git_folders(workspace) for name in _CONFIGS)
    setting = re.compile(r"^\s*(?:\[core\]\s*)?hookspath\s*=\s*\"?([^\"\n;#]+)", re.MULTILINE | re.IGNORECASE)
    found = setting.findall(text)
    return (workspace / found[-1].strip()).resolve() if found else None


def _git_folders(workspace: Path) -> list[Path]:
    """The folders of the repository's settings: the shared one first, as of a worktree."""
    folder = workspace / ".git"
    if folder.is_file():
        folder = workspace / _head(folder).removeprefix("gitdir:").strip()
    common = _head(folder / "commondir").strip()
    return [folder / common, folder] if common else [folder]


def _head(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            return lines.read(_MOST)
    except OSError:
        return ""
