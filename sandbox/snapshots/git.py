"""Runs git on a store of our own.

Invariant: git sees no configuration, attributes, hooks or environment but the ones written here, and a git
that lies in the workspace is never run: what lies there may be the student's. Only commands that start no
other program are used. Not covered: a bug in git's own reading of ``.gitignore`` files and of a copied index.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.programs import ProgramError, find_program, host_command
from sandbox.snapshots.base import SnapshotError, SnapshotUnavailable

INSTALL = "sudo apt-get install git"
LIST_S = 30.0
LONG_S = 600.0
_CONFIG = """[core]
\trepositoryformatversion = 0
\tbare = true
\tautocrlf = false
\tquotePath = false
\thooksPath = /dev/null
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tfsmonitor = false
\tcompression = 1
\tlooseCompression = 1
\tbigFileThreshold = 2m
\tprotectNTFS = false
\tprotectHFS = false
[gc]
\tautoDetach = false
\tpruneExpire = now
\treflogExpire = now
[pack]
\tthreads = 1
[fastimport]
\tunpackLimit = 100
"""
_ATTRIBUTES = "* -text -filter !diff -merge -ident -eol -crlf -working-tree-encoding\n"


class Git:
    """A bare repository at ``folder`` that belongs to ``workspace``; made where it is missing."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        self.folder = folder
        self.workspace = workspace
        try:
            find_program("git", workspace, INSTALL)
        except ProgramError as error:
            raise SnapshotUnavailable(f"no snapshots: {error}") from error

    def prepare(self) -> None:
        """Make the repository, or write its settings anew. Raises OSError."""
        for name in ("objects/info", "objects/pack", "refs/heads", "info"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "config").write_text(_CONFIG)
        (self.folder / "info" / "attributes").write_text(_ATTRIBUTES)
        (self.folder / "HEAD").write_text("ref: refs/heads/none\n")

    def run(
        self, *arguments: str, seconds: float = LONG_S, more: dict[str, str] | None = None, most: int = 0
    ) -> bytes:
        """What it prints, at most ``most`` bytes where that is given. Raises SnapshotError."""
        with self.started(arguments, more) as process:
            head = b""
            if most:
                assert process.stdout is not None
                head = process.stdout.read(most)
                if len(head) == most:
                    return head
            try:
                out, said = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired as error:
                raise SnapshotUnavailable(
                    f"no snapshots: git {arguments[0]} took more than {seconds:g} s in {self.workspace}; "
                    "start in a smaller folder, or set snapshots.enabled = false"
                ) from error
        if process.returncode:
            raise failure(arguments[0], said)
        return head + out

    @contextmanager
    def started(
        self, arguments: Sequence[str], more: dict[str, str] | None = None
    ) -> "Iterator[subprocess.Popen[bytes]]":
        """git with pipes at all three ends; killed where it is not waited for. Raises SnapshotError."""
        try:
            process = subprocess.Popen(
                host_command("git", *arguments, workspace=self.workspace, fix=INSTALL),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self.folder,
                env={**self._environment(), **(more or {})},
                start_new_session=True,
            )
        except ProgramError as error:
            raise SnapshotUnavailable(f"no snapshots: {error}") from error
        except OSError as error:
            raise SnapshotError(f"git cannot be started: {error.strerror}") from error
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "HOME": str(self.folder),
            "LC_ALL": "C",
            "GIT_DIR": str(self.folder),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LITERAL_PATHSPECS": "1",
        }


def failure(command: str, said: bytes) -> SnapshotError:
    """What git said, as one line."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    why = next((line for line in lines if line.startswith(("fatal: ", "error: "))), lines[0] if lines else "")
    why = why.removeprefix("fatal: ").removeprefix("error: ") or "it was killed"
    fix = "; free some room on the disk" if "No space left" in why or "too large" in why else ""
    return SnapshotError(f"git {command} failed: {why[:300]}{fix}")
