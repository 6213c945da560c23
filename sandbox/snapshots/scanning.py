"""Looks at every file of a workspace once, and reads those that are not known.

Invariant: a file that cannot be kept is named with the reason, never left out in silence; what is known by
its stamp is not read again.
"""

import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.snapshots.base import SnapshotError
from sandbox.snapshots.listing import Listing
from sandbox.snapshots.places import Places, described, oid_of
from sandbox.snapshots.remembered import Known, settled, stamp_of
from sandbox.snapshots.settings import SnapshotSettings

NESTED = "a repository of its own"
TOO_LARGE, TOO_MANY, TOO_MUCH = "too large", "too many files", "too much in all"
UNREADABLE = "unreadable"


@dataclass
class Scan:
    """What is there: entries by path, and why others are left out."""

    known: dict[bytes, Known] = field(default_factory=dict)
    left_out: dict[bytes, str] = field(default_factory=dict)
    total: int = 0


def scan(
    listing: Listing,
    places: Places,
    settings: SnapshotSettings,
    earlier: Mapping[bytes, Known],
    keep: Callable[[bytes], None],
    cancelled: Callable[[], bool],
) -> Scan:
    """Look at all of ``listing``; ``keep`` gets each content that is not among the ``earlier``.

    Raises SnapshotError where ``cancelled`` turns true.
    """
    found = Scan(left_out=dict.fromkeys(listing.nested, NESTED))
    for path in listing.paths:
        if cancelled():
            raise SnapshotError("the snapshot was interrupted")
        try:
            known = _look(path, places, settings, earlier, keep, found)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            found.left_out[path] = f"{UNREADABLE}: {error.strerror}"
            continue
        if known is not None:
            found.known[path] = known
    return found


def _look(
    path: bytes,
    places: Places,
    settings: SnapshotSettings,
    earlier: Mapping[bytes, Known],
    keep: Callable[[bytes], None],
    found: Scan,
) -> Known | None:
    """One file, or None where there is none to keep. Raises OSError where it cannot be looked at."""
    looked_ns = time.time_ns()
    status = places.status(path)
    if stat.S_ISDIR(status.st_mode):
        found.left_out[path] = NESTED  # listed by name, so git tracks it as a submodule
        return None
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        return None
    if problem := _excess(status.st_size, settings, found):
        found.left_out[path] = problem
        return None
    known = earlier.get(path)
    if known is not None and known.still_true(status):
        found.total += status.st_size
        return known
    content = places.read(path, status)
    if problem := _excess(len(content), settings, found):
        found.left_out[path] = problem
        return None
    found.total += len(content)
    entry = described(status, oid_of(content))
    if known is None or known.entry.oid != entry.oid:
        keep(content)
    return Known(entry, stamp_of(status), settled(status, looked_ns))


def _excess(size: int, settings: SnapshotSettings, found: Scan) -> str:
    """Why a file of ``size`` bytes is beyond the bounds, or empty."""
    if size > settings.file_mb << 20:
        return TOO_LARGE
    if len(found.known) >= settings.files:
        return TOO_MANY
    if found.total + size > settings.total_mb << 20:
        return TOO_MUCH
    return ""
