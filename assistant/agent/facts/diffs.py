"""Which files a unified diff changes, and by how many lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True)
class Changed:
    """A file that is different now. ``kind`` is ``created``, ``changed`` or ``deleted``; a binary file has no
    line counts."""

    path: str
    added: int | None
    removed: int | None
    kind: str = "changed"

    def and_then(self, later: "Changed") -> "Changed":
        """Both changes of one file as one; lines that were added and removed again count twice."""
        kind = "created" if self.kind == "created" and later.kind != "deleted" else later.kind
        return Changed(self.path, _sum(self.added, later.added), _sum(self.removed, later.removed), kind)


def changes_in(diff: str) -> list[Changed]:
    """The files of a unified diff without renames, as the file tools write it."""
    found: list[Changed] = []
    lines = iter(diff.split("\n"))
    source = ""
    for line in lines:
        if line.startswith("--- "):
            source = line[4:]
        elif line.startswith("+++ "):
            target = line[4:]
            kind = "created" if source == "/dev/null" else "deleted" if target == "/dev/null" else "changed"
            path = (source if kind == "deleted" else target).partition("/")[2]
            found.append(Changed(path.partition("\t")[0], 0, 0, kind))
        elif (hunk := _HUNK.match(line)) and found:
            added, removed = _counted(lines, int(hunk[1] or 1), int(hunk[2] or 1))
            found[-1] = found[-1].and_then(Changed(found[-1].path, added, removed))
    return found


def _counted(lines: Iterator[str], old: int, new: int) -> tuple[int, int]:
    """The lines that one hunk adds and removes.

    It has ``old`` and ``new`` lines, so that no line of a file is taken for a header.
    """
    added = removed = 0
    while (old > 0 or new > 0) and (line := next(lines, None)) is not None:
        added += line.startswith("+")
        removed += line.startswith("-")
        old -= not line.startswith(("+", "\\"))
        new -= not line.startswith(("-", "\\"))
    return added, removed


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
