"""The snapshots of one workspace.

Invariant: the workspace, the person's repository in it and everything else outside the store's own folder
is only read. A snapshot is in the store whole, or not at all; two programs take turns. Covered: untracked
files, links, permissions, names of any bytes. Not covered: empty folders, ACLs and extended attributes, what
git ignores (unless wanted), and what is left out with a notice.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox.snapshots import remembered
from sandbox.snapshots.base import LINK, Change, Entry, Snapshot, SnapshotError, SnapshotUnavailable
from sandbox.snapshots.git import Git
from sandbox.snapshots.importing import FILES, LEFT_OUT, PERMISSIONS, Import, importing
from sandbox.snapshots.listing import list_files
from sandbox.snapshots.places import Places
from sandbox.snapshots.remembered import Known, stamp_of
from sandbox.snapshots.scanning import Scan, scan
from sandbox.snapshots.settings import SnapshotSettings

_REFS = "refs/snapshots"
_FORMAT = "%(refname:lstrip=2) %(objectname) %(tree) %(contents:subject)"
_USUAL = (0o644, 0o755)
LARGEST_DIFF = 256 << 10
LARGEST_LOOK = 50_000
"""Files that are looked at around each call; more would take a second."""


class SnapshotStore:
    """Takes and reads snapshots of ``workspace`` in a folder below ``folder``."""

    def __init__(self, folder: Path, workspace: Path, settings: SnapshotSettings) -> None:
        name = f"{workspace.name[:40]}-{hashlib.sha256(os.fsencode(workspace)).hexdigest()[:16]}"
        self.folder = folder / name
        self.workspace = workspace
        self.settings = settings
        self._git: Git | None = None

    def take(
        self, facts: Mapping[str, Any], cancelled: Callable[[], bool] = lambda: False
    ) -> tuple[Snapshot, dict[bytes, str]]:
        """Keep what the workspace holds now. Also why files were left out, by path.

        Raises SnapshotError where it cannot, SnapshotUnavailable where it never will.
        """
        try:
            with self._alone() as git:
                return self._take(git, facts, cancelled)
        except OSError as error:
            where = error.filename or self.folder
            raise SnapshotError(
                f"no snapshot: {where}: {error.strerror}; free some room, or mend it"
            ) from error

    def look(self) -> dict[bytes, tuple[int, ...]]:
        """A stamp for each file that a snapshot would be about; it is another one where the file changed.

        Nothing is kept. Raises SnapshotError.
        """
        found: dict[bytes, tuple[int, ...]] = {}
        try:
            with self._alone() as git:
                listing = list_files(git, ignored=self.settings.ignored)
            if len(listing.paths) > LARGEST_LOOK:
                raise SnapshotError(f"no look at {self.workspace}: more than {LARGEST_LOOK:,} files")
            with Places(self.workspace, self.settings.file_mb << 20) as places:
                for path in listing.paths:
                    with suppress(OSError):
                        found[path] = stamp_of(places.status(path))
        except OSError as error:
            raise SnapshotError(f"no look at {self.workspace}: {error.strerror}") from error
        return found

    def all(self) -> list[Snapshot]:
        """Every snapshot, the oldest first. Raises SnapshotError."""
        if not self.folder.is_dir():
            return []
        return list(_read(self._opened().run("for-each-ref", f"--format={_FORMAT}", _REFS)))

    def changes(self, before: Snapshot, after: Snapshot) -> list[Change]:
        """What differs between two of them, by path. Raises SnapshotError."""
        git = self._opened()
        out = git.run("diff-tree", "-r", "-z", "--no-renames", before.tree, after.tree, "--", FILES.decode())
        old, new = self._permissions(before), self._permissions(after)
        found = {}
        for head, name in zip(*[iter(out.split(b"\0"))] * 2, strict=False):
            path = name.removeprefix(FILES + b"/")
            mode, new_mode, oid, new_oid, _ = head.decode("ascii").removeprefix(":").split()
            found[path] = Change(path, _entry(mode, oid, path, old), _entry(new_mode, new_oid, path, new))
        for path in {*old, *new} - set(found):
            if old.get(path) != new.get(path) and (both := self._same(after, path, old, new)):
                found[path] = both
        return [found[path] for path in sorted(found)]

    def diff(self, before: Snapshot, after: Snapshot, most: int = LARGEST_DIFF) -> bytes:
        """What differs, as a unified diff of at most ``most`` bytes. Raises SnapshotError."""
        options = ("-r", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")
        below = f"--relative={FILES.decode()}/"
        return self._opened().run("diff-tree", *options, below, before.tree, after.tree, most=most)

    def line_counts(self, before: Snapshot, after: Snapshot) -> dict[bytes, tuple[int, int] | None]:
        """Lines added and removed between two, by path; None for binary files. Raises SnapshotError."""
        options = ("-r", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv")
        below = f"--relative={FILES.decode()}/"
        out = self._opened().run("diff-tree", *options, below, before.tree, after.tree)
        found: dict[bytes, tuple[int, int] | None] = {}
        for record in filter(None, out.split(b"\0")):
            added, removed, path = record.split(b"\t", 2)
            found[path] = None if added == b"-" else (int(added), int(removed))
        return found

    def holds(self, snapshot: Snapshot, path: bytes) -> bool:
        """Whether a snapshot has ``path``. Raises SnapshotError."""
        name = os.fsdecode(FILES + b"/" + path)
        return bool(self._opened().run("ls-tree", "-z", snapshot.tree, "--", name))

    def left_out(self, snapshot: Snapshot) -> dict[bytes, str]:
        """The files that a snapshot does not hold although they were there, and why. Raises SnapshotError."""
        lines = self._note(snapshot, LEFT_OUT).split(b"\0")
        pairs = (line.partition(b"\t") for line in lines if line)
        return {path: why.decode() for why, _, path in pairs}

    def contents(self, oids: Sequence[str]) -> Iterator[bytes]:
        """The contents of those names, in order. Raises SnapshotError."""
        with self._opened().started(("cat-file", "--batch")) as process:
            assert process.stdin is not None and process.stdout is not None
            for oid in oids:
                process.stdin.write(oid.encode() + b"\n")
                process.stdin.flush()
                head = process.stdout.readline().split()
                if len(head) != 3:
                    raise SnapshotError(f"the snapshots in {self.folder} are damaged: {oid} is missing")
                content = process.stdout.read(int(head[2]))
                process.stdout.read(1)
                yield content

    def _take(
        self, git: Git, facts: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> tuple[Snapshot, dict[bytes, str]]:
        refs = list(_read(git.run("for-each-ref", f"--format={_FORMAT}", _REFS)))
        last = refs[-1] if refs else None
        file = self.folder / "remembered"
        earlier = remembered.read(file, last.tree) if last else {}
        number = last.number + 1 if last else 1
        listing = list_files(git, ignored=self.settings.ignored)
        with importing(git) as stream, Places(self.workspace, self.settings.file_mb << 20) as places:
            found = scan(listing, places, self.settings, earlier, stream.blob, cancelled)
            stream.commit(f"{_REFS}/{number:010}", facts)
            _write(stream, last.tree if last and earlier else "", earlier, found)
            stream.finish()
        taken = next(_read(git.run("for-each-ref", f"--format={_FORMAT}", f"{_REFS}/{number:010}")))
        remembered.write(file, taken.tree, found.known)
        self._tidy(git, refs)
        return taken, found.left_out

    def _tidy(self, git: Git, refs: Sequence[Snapshot]) -> None:
        """Let the oldest go, and pack what has become many files."""
        for old in refs[: max(0, len(refs) + 1 - self.settings.keep)]:
            git.run("update-ref", "-d", f"{_REFS}/{old.number:010}")
        if len(refs) % 20 == 0:
            git.run("gc", "--auto", "--quiet")

    def _same(
        self, snapshot: Snapshot, path: bytes, old: Mapping[bytes, int], new: Mapping[bytes, int]
    ) -> Change | None:
        """A change of nothing but permissions; None where the file is not in both snapshots."""
        out = self._opened().run("ls-tree", "-z", snapshot.tree, "--", os.fsdecode(FILES + b"/" + path))
        if not out:
            return None
        mode, _, oid = out.split(b"\t")[0].decode("ascii").split()
        return Change(path, _entry(mode, oid, path, old), _entry(mode, oid, path, new))

    def _permissions(self, snapshot: Snapshot) -> dict[bytes, int]:
        """The permissions that are not the usual ones, by path."""
        lines = self._note(snapshot, PERMISSIONS).split(b"\0")
        pairs = (line.partition(b"\t") for line in lines if line)
        return {path: int(number, 8) for number, _, path in pairs}

    def _note(self, snapshot: Snapshot, name: bytes) -> bytes:
        return self._opened().run("cat-file", "blob", f"{snapshot.commit}:{name.decode()}")

    def _opened(self) -> Git:
        if self._git is None:
            if self.folder.is_relative_to(self.workspace):
                raise SnapshotUnavailable(
                    f"no snapshots: {self.workspace} holds the program's own data; start in a folder below it"
                )
            self._git = Git(self.folder, self.workspace)
            try:
                self._git.prepare()
            except OSError as error:
                raise SnapshotError(f"no snapshots: {error.filename}: {error.strerror}") from error
        return self._git

    @contextmanager
    def _alone(self) -> Iterator[Git]:
        """The store, locked against other programs. Raises SnapshotError or OSError."""
        git = self._opened()
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for torn in (self.folder / "objects" / "pack").glob("tmp_pack_*"):
                torn.unlink(missing_ok=True)  # of a program that was killed: nobody else is here
            yield git


def _write(stream: Import, base: str, earlier: Mapping[bytes, Known], found: Scan) -> None:
    """The files that were found, told as what differs from the snapshot ``base``."""
    if base:
        stream.start_from(base)
        for path in earlier.keys() - found.known.keys():
            stream.remove(path)
    for path, known in found.known.items():
        before = earlier.get(path)
        if before is None or (before.entry.mode, before.entry.oid) != (known.entry.mode, known.entry.oid):
            stream.put(path, known.entry)
    stream.note(LEFT_OUT, b"\0".join(b"%s\t%s" % (why.encode(), p) for p, why in found.left_out.items()))
    stream.note(
        PERMISSIONS,
        b"\0".join(
            b"%o\t%s" % (one.entry.permissions, path)
            for path, one in found.known.items()
            if one.entry.mode != LINK and one.entry.permissions not in _USUAL
        ),
    )


def _read(out: bytes) -> Iterator[Snapshot]:
    for line in out.decode("utf-8").splitlines():
        number, commit, tree, facts = line.split(" ", 3)
        yield Snapshot(int(number), commit, tree, json.loads(facts))


def _entry(mode: str, oid: str, path: bytes, permissions: Mapping[bytes, int]) -> Entry | None:
    number = int(mode, 8)
    if number == 0:
        return None
    usual = 0 if number == LINK else 0o755 if number & 0o100 else 0o644
    return Entry(number, permissions.get(path, usual), oid)
