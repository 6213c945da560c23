"""The words of snapshots. Paths are bytes, relative to the workspace, as the file system has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LINK = 0o120000
PROGRAM = 0o100755
PLAIN = 0o100644


class SnapshotError(Exception):
    """A snapshot cannot be taken, read or restored now: one line, why, and what to do."""


class SnapshotUnavailable(SnapshotError):
    """Snapshots cannot be taken in this place at all; trying again does not help."""


@dataclass(frozen=True)
class Entry:
    """One file or link. ``mode`` as git has it, ``permissions`` as chmod does (0 for a link).

    ``oid`` names its content, or the target of a link.
    """

    mode: int
    permissions: int
    oid: str


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that is in the store. ``number`` orders them; ``facts`` are what the taker wanted kept."""

    number: int
    commit: str
    tree: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A path that two snapshots hold differently; None where one of them does not hold it."""

    path: bytes
    before: Entry | None
    after: Entry | None

    @property
    def letter(self) -> str:
        """``A`` for new, ``D`` for gone, ``M`` for changed."""
        return "A" if self.before is None else "D" if self.after is None else "M"


def shown(path: bytes) -> str:
    """``path`` on one line: what is no printable UTF-8 is escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
