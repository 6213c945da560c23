"""Writes a snapshot into the store, by ``git fast-import``.

Invariant: git is handed contents and names and never opens a file of the workspace, so that no filter,
attribute or link of it plays a part. Nothing is visible in the store before the whole snapshot is.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sandbox.snapshots.base import Entry, SnapshotError
from sandbox.snapshots.git import Git, failure

FILES, LEFT_OUT, PERMISSIONS = b"files", b"left-out", b"permissions"
_WHO = "Apprentice <apprentice@localhost>"


class Import:
    """One snapshot on its way into the store."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def blob(self, content: bytes) -> None:
        """Keep ``content``; from then on its name can be used."""
        self._write(b"blob\ndata %d\n" % len(content), content, b"\n")

    def commit(self, ref: str, facts: Mapping[str, Any]) -> None:
        """Begin the snapshot; it is empty."""
        said = json.dumps(facts).encode("ascii")
        head = f"commit {ref}\ncommitter {_WHO} {int(time.time())} +0000\ndata {len(said)}\n"
        self._write(head.encode(), said, b"\n")

    def start_from(self, tree: str) -> None:
        """Take over all that the tree of an earlier snapshot holds."""
        self._write(f'M 040000 {tree} ""\n'.encode())

    def put(self, path: bytes, entry: Entry) -> None:
        """A file whose content is kept already."""
        head = f"M {entry.mode:o} {entry.oid} ".encode()
        self._write(head, _quoted(FILES + b"/" + path), b"\n")

    def remove(self, path: bytes) -> None:
        self._write(b"D ", _quoted(FILES + b"/" + path), b"\n")

    def note(self, name: bytes, content: bytes) -> None:
        """A file of the snapshot's own, beside those of the workspace."""
        self._write(b"M 100644 inline ", name, b"\ndata %d\n" % len(content), content, b"\n")

    def finish(self) -> None:
        """Wait until it is in the store. Raises SnapshotError."""
        try:
            self._process.stdin.write(b"done\n")  # type: ignore[union-attr]
            _, said = self._process.communicate()
        except OSError:
            said = self._process.stderr.read()  # type: ignore[union-attr]
            self._process.wait()
        if self._process.returncode:
            raise failure("fast-import", said)

    def _write(self, *parts: bytes) -> None:
        try:
            for part in parts:
                self._process.stdin.write(part)  # type: ignore[union-attr]
        except OSError as error:  # it has ended; finish says why
            self.finish()
            raise SnapshotError("git fast-import ended early") from error


@contextmanager
def importing(git: Git) -> Iterator[Import]:
    """A snapshot to be written; left without ``finish``, nothing of it can be seen. Raises SnapshotError."""
    options = ("fast-import", "--quiet", "--done", "--depth=0", "--date-format=raw-permissive")
    try:
        with git.started(options) as process:
            yield Import(process)
    finally:
        for report in git.folder.glob("fast_import_crash_*"):
            report.unlink(missing_ok=True)


def _quoted(path: bytes) -> bytes:
    return b'"' + path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
