"""Proves that a sandbox holds: tries inside what must fail, and looks from outside whether it did.

Invariant: a check is ok only where the sandbox answered, and what can be seen from outside is seen from
outside. Nothing stays in the workspace, also where this process is killed: the file that is written there has
no name, where the file system makes such files, and is noted first where it has one. The Python that tries is
the system's, never one that lies in the workspace.

Covered: writes and reads outside, network, environment, protected paths, capabilities, limits of
memory, file size and processes. Not covered: the time limit, and everything the contract tests try.
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.base import Check, Limits, Mount, Sandbox, SandboxError
from sandbox.launch import ALLOWED_NAMES, DEFAULT_LIMITS, python_inside
from sandbox.scratch import Scratch

_FIX = "do not use this back end; choose the other one with [sandbox] engine"
_PROBE = Path(__file__).with_name("probe.py")
_FORKS = """
import os, signal, sys
made = 0
try:
    for _ in range(int(sys.argv[1])):
        if os.fork() == 0:
            signal.pause()
            os._exit(0)
        made += 1
except OSError:
    print("held", made)
else:
    print("free", made)
"""
_WRITE = """
import os, sys
try:
    os.listdir(os.path.dirname(sys.argv[1]))
    open(sys.argv[1], "w").close()
except OSError as error:
    print("held" if os.path.isdir(os.path.dirname(sys.argv[1])) else "lost", error)
else:
    print("written")
"""
Outcomes = Mapping[str, tuple[bool, str]]
"""What the probe tried: whether it was done, and what it said."""


@dataclass(frozen=True)
class _Bait:
    """What is planted on the host for the time of the proof."""

    scratch: Scratch
    secret: str
    listener: socket.socket
    abstract: socket.socket

    @property
    def folder(self) -> Path:
        return self.scratch.path

    def touched(self) -> bool:
        """Whether somebody connected to a listener."""
        return any(_accepts(listener) for listener in (self.listener, self.abstract))


async def prove(
    sandbox: Sandbox,
    root: Path,
    limits: Limits = DEFAULT_LIMITS,
    mount: Mount | None = None,
) -> list[Check]:
    """Try the promises of ``sandbox`` on the workspace ``root``; all ok, or it may not be used.

    ``mount`` names what the sandbox was given beyond the default; a failure of the sandbox is a check.
    """
    mount = mount or Mount(root)
    with _bait() as bait:
        inside = root / f".canary-{secrets.token_hex(4)}"
        outside = [bait.folder / "written", root.parent / f".canary-{secrets.token_hex(4)}"]
        for path in (inside, outside[1]):
            bait.scratch.note("canary", path)
        try:
            outcomes = await _probe(sandbox, mount, limits, bait, inside, outside)
            checks = [*_promises(outcomes, bait, inside, outside), _environment(outcomes, mount)]
            checks += [_failed(name, outcomes) for name in outcomes if name.startswith("protected ")]
            checks += [_failed("memory", outcomes), _failed("file", outcomes), _status(outcomes)]
            checks.append(await _processes(sandbox, limits))
            checks.append(await _only_reads(sandbox, root, limits))
        except SandboxError as error:
            return [Check("sandbox answers", False, str(error), _FIX)]
        finally:
            for path in (inside, *outside):
                path.unlink(missing_ok=True)
    return checks


async def _probe(
    sandbox: Sandbox, mount: Mount, limits: Limits, bait: _Bait, inside: Path, outside: list[Path]
) -> Outcomes:
    plan = {
        "inside": str(inside),
        "outside": [str(path) for path in outside],
        "secret": str(bait.folder / "secret"),
        "port": bait.listener.getsockname()[1],
        "abstract": bait.abstract.getsockname()[1:].decode(),
        "memory": limits.memory_bytes + (1 << 20),
        "file": limits.file_bytes + 1,
        "protected": [str(mount.root / path) for path in mount.protected],
    }
    source = await asyncio.to_thread(_PROBE.read_text)
    completed = await sandbox.run(python_inside(source, json.dumps(plan)), limits=limits)
    outcomes = _parsed(completed.output)
    expected = {
        "inside",
        "secret",
        "loopback",
        "abstract",
        "internet",
        "proxy",
        "environment",
        "status",
        "memory",
        "file",
    }
    if not expected <= set(outcomes):
        raise SandboxError(f"the canary got no answer: {completed.output.strip()[-200:]!r}")
    return outcomes


def _parsed(output: str) -> Outcomes:
    """The probe's rows, or nothing where ``output`` does not end with them."""
    try:
        rows = json.loads(output.splitlines()[-1])
        return {str(name): (outcome == "done", str(said)) for name, outcome, said in rows}
    except (ValueError, TypeError, IndexError):
        return {}


def _promises(outcomes: Outcomes, bait: _Bait, inside: Path, outside: list[Path]) -> list[Check]:
    written = [str(path) for path in outside if path.exists()]
    leaked = bait.secret in outcomes["secret"][1]
    touched = bait.touched()
    return [
        _check("write in the workspace", _is_written(inside, outcomes["inside"]), outcomes["inside"][1]),
        _check("no write outside", not written, ", ".join(written)),
        _check("no read outside", not leaked and not outcomes["secret"][0], outcomes["secret"][1]),
        _check("no host loopback", not touched and not outcomes["loopback"][0], outcomes["loopback"][1]),
        _check("no abstract socket", not touched and not outcomes["abstract"][0], outcomes["abstract"][1]),
        _check("no network", not outcomes["internet"][0], outcomes["internet"][1]),
        _check("no network beyond the list", not outcomes["proxy"][0], outcomes["proxy"][1]),
    ]


def _is_written(inside: Path, outcome: tuple[bool, str]) -> bool:
    """Whether the file is there; where it has no name, whether its folder is the workspace itself."""
    done, said = outcome
    folder = inside.parent.stat()
    return inside.exists() or (done and said == f"{folder.st_dev} {folder.st_ino}")


def _environment(outcomes: Outcomes, mount: Mount) -> Check:
    names = set(outcomes["environment"][1].split())
    foreign = sorted(names - ALLOWED_NAMES - set(mount.environment))
    return _check("no inherited environment", "PATH" in names and not foreign, ", ".join(foreign))


def _failed(name: str, outcomes: Outcomes) -> Check:
    """A check that is ok where the try failed."""
    done, said = outcomes[name]
    titles = {"memory": "memory is limited", "file": "file size is limited"}
    path = name.removeprefix("protected ")
    return _check(titles.get(name, f"protected: {Path(path).name}"), not done, said)


def _status(outcomes: Outcomes) -> Check:
    done, said = outcomes["status"]
    return _check("no capabilities", done and int(said.rpartition(" ")[2], 16) == 0, said)


async def _processes(sandbox: Sandbox, limits: Limits) -> Check:
    completed = await sandbox.run(python_inside(_FORKS, str(limits.processes + 8)), limits=limits)
    held = completed.output.startswith("held") or completed.exit_code != 0
    return _check("processes are limited", held, completed.output.strip()[-200:])


async def _only_reads(sandbox: Sandbox, root: Path, limits: Limits) -> Check:
    """A call that only reads must find the workspace, and must not write in it."""
    path = root / f".canary-{secrets.token_hex(4)}"
    attempt = python_inside(_WRITE, str(path))
    try:
        completed = await sandbox.run(attempt, limits=limits, read_only=True)
        held = completed.output.startswith("held") and not path.exists()
    finally:
        path.unlink(missing_ok=True)
    return _check("reading calls do not write", held, completed.output.strip()[-200:])


def _check(name: str, ok: bool, detail: str) -> Check:
    return Check(name, ok, detail, "" if ok else _FIX)


@contextlib.contextmanager
def _bait() -> Iterator[_Bait]:
    with (
        contextlib.closing(Scratch("canary")) as scratch,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as abstract,
    ):
        secret = secrets.token_hex(16)
        (scratch.path / "secret").write_text(secret)
        listener.bind(("127.0.0.1", 0))
        abstract.bind(f"\0apprentice-canary-{os.getpid()}-{secrets.token_hex(4)}")
        for each in (listener, abstract):
            each.listen()
            each.setblocking(False)
        yield _Bait(scratch, secret, listener, abstract)


def _accepts(listener: socket.socket) -> bool:
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return False
    connection.close()
    return True
