"""Where a path lies on its file system, so that a folder is known by whatever name it is mounted.

Covered: bind mounts of folders and files, as the kernel lists them for this process. Not covered: systems
without ``/proc``, on which every path is only what it is called.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_LIST = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Place:
    """A path inside one file system."""

    device: str
    path: str

    def is_below(self, other: "Place") -> bool:
        """Whether it is ``other``, or lies in it."""
        inside = self.path == other.path or self.path.startswith(other.path.rstrip("/") + "/")
        return self.device == other.device and inside


class Mounts:
    """What is mounted where, at one moment."""

    def __init__(self) -> None:
        self._points: dict[str, Place] = {}
        try:
            lines = _LIST.read_text("utf-8", "surrogateescape").splitlines()
        except OSError:
            return
        for line in lines:
            fields = [_ESCAPED.sub(lambda code: chr(int(code[1], 8)), one) for one in line.split(" ")[:5]]
            if len(fields) == 5:
                self._points[fields[4]] = Place(
                    fields[2], fields[3]
                )  # the last one of a point hides the others

    def place(self, path: Path) -> Place:
        """Where the absolute ``path``, without links in it, lies."""
        for parent in (path, *path.parents):
            if point := self._points.get(str(parent)):
                return Place(point.device, str(Path(point.path) / path.relative_to(parent)))
        return Place("", str(path))
