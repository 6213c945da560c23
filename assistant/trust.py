"""What a folder would have the program load, and whether the person trusts it to.

Invariant: what is loaded is what was shown: each file is read once, at most ``LARGEST_BYTES`` of it, never
through a link, and its content goes into the digest that the person's word is kept under. A folder that they
did not trust, or whose files changed since, gives nothing.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from assistant.paths import PROJECT_FOLDER

LARGEST_BYTES = 1 << 20
INSTRUCTIONS = ("AGENTS.md", "CLAUDE.md")
"""The first of them that is there holds the project's instructions."""
SETTINGS = (f"{PROJECT_FOLDER}/settings.toml", f"{PROJECT_FOLDER}/settings.local.toml")


class Standing(StrEnum):
    """What the person said of a folder as it is now."""

    EMPTY = "empty"
    """There is nothing that would be loaded."""
    UNKNOWN = "unknown"
    CHANGED = "changed"
    """They said something, but not of these files as they are now."""
    TRUSTED = "trusted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Found:
    """One file that would be loaded. ``problem`` says why it cannot be; then ``content`` is empty."""

    name: str
    content: bytes = b""
    problem: str = ""

    @property
    def text(self) -> str:
        """The content; what is no UTF-8 is replaced."""
        return self.content.decode("utf-8", "replace")


@dataclass(frozen=True)
class Folder:
    """A workspace as far as it would be loaded."""

    path: Path
    files: tuple[Found, ...] = ()

    @property
    def digest(self) -> str:
        """The same only while the same files hold the same bytes."""
        import hashlib  # most folders bring nothing, and the first paint waits for this module

        whole = hashlib.sha256()
        for one in self.files:
            for part in (one.name.encode(), one.content, one.problem.encode()):
                whole.update(len(part).to_bytes(8, "big") + part)
        return whole.hexdigest()

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.files]

    def file(self, name: str) -> Found | None:
        """The file of this name, where there is one that can be read."""
        return next((one for one in self.files if one.name == name and not one.problem), None)

    @property
    def instructions(self) -> str:
        """The project's instructions under the name of their file, or empty."""
        for name in INSTRUCTIONS:
            if (found := self.file(name)) and found.text.strip():
                return f"{name} of this project:\n{found.text.strip()}"
        return ""


def look(workspace: Path) -> Folder:
    """What ``workspace`` would have the program load."""
    names = [next((n for n in INSTRUCTIONS if os.path.lexists(workspace / n)), ""), *SETTINGS]
    found = [_read(workspace, name) for name in names if name]
    return Folder(workspace, tuple(one for one in found if one is not None))


def _read(workspace: Path, name: str) -> Found | None:
    """One file, each part of its path without following links; None where there is none."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    *folders, last = name.split("/")
    opened: list[int] = []
    try:
        opened.append(os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        for folder in folders:
            opened.append(os.open(folder, flags | os.O_DIRECTORY, dir_fd=opened[-1]))
        opened.append(os.open(last, flags, dir_fd=opened[-1]))
        return _content(name, opened[-1])
    except FileNotFoundError:
        return None
    except OSError as error:
        linked = _is_linked(workspace, name)
        return Found(name, problem="a link" if linked else error.strerror or str(error))
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _content(name: str, descriptor: int) -> Found:
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        return Found(name, problem="no regular file")
    with os.fdopen(os.dup(descriptor), "rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        return Found(name, problem=f"larger than {LARGEST_BYTES >> 10} KiB")
    return Found(name, content)


def _is_linked(workspace: Path, name: str) -> bool:
    parts: Sequence[str] = name.split("/")
    return any(workspace.joinpath(*parts[: end + 1]).is_symlink() for end in range(len(parts)))


def unloaded(folder: Folder, standing: Standing) -> list[str]:
    """A line on what of ``folder`` is not loaded, and why."""
    if standing is Standing.EMPTY:
        return []
    if standing is Standing.TRUSTED:
        broken = [one for one in folder.files if one.problem]
        return [f"{folder.path / one.name} is not loaded: {one.problem}" for one in broken]
    changed = "it changed since you trusted this folder"
    why = changed if standing is Standing.CHANGED else "you did not trust this folder"
    return [f"not loaded, because {why}: {', '.join(folder.names)}; see `apprentice trust`"]
