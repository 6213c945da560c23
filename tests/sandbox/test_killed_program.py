"""kill -9 of the program while a sandbox starts, proves itself or runs: nothing of it lives, nothing stays.

Each case waits for a sign of the moment that it is about: ``engine_that`` makes a bwrap that stops itself, or
lets its inner half wait, at one of its starts, so that the moment is as long as the test needs it.
"""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.scratch import remove_abandoned

pytestmark = pytest.mark.bubblewrap
ROOT = Path(__file__).parents[2]
STARTS = ("start", "probe", "forks")
"""What the calls of a start with its proof are, in turn."""


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def alive(mark: str) -> list[int]:
    """Processes with ``mark`` in their arguments or environment, or below one that has it; no zombies."""
    found = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark.encode() in b"".join(
                (entry / name).read_bytes() for name in ("environ", "cmdline")
            ):
                found.add(int(entry.name))
    return sorted(found - {os.getpid()})


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def program(
    workspace: Path, temporary: Path, engine: Path | str, work: str, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Running, under a TMPDIR of its own; whatever is left of it is ended with the test."""
    mark = str(temporary)  # in the environment of the program, and of all around its calls by its scratch
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": mark, **more}
    command = [sys.executable, "-P", "-m", "tests.sandbox.killed_program", str(workspace), str(engine), work]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pid in around(temporary):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def around(temporary: Path) -> list[int]:
    """What runs around the calls of a program: it carries the name of the program's scratch folder."""
    scratches = [entry.name for entry in temporary.glob("apprentice-scratch-*")]
    return [pid for name in scratches for pid in alive(name)]


def engine_that(tmp_path: Path, at: str, does: str) -> Path:
    """A bwrap that does something else at one of its starts; ``reached`` appears just before."""
    path, number = tmp_path / "bwrap", STARTS.index(at) + 1
    path.write_text(
        f"""#!/bin/bash
echo >>{tmp_path}/starts
[ $(wc -l <{tmp_path}/starts) = {number} ] || exec bwrap "$@"
touch {tmp_path}/reached
{does}
exec bwrap "$@"
"""
    )
    path.chmod(0o755)
    return path


def swept(workspace: Path, temporary: Path, before: list[Path]) -> None:
    """The next start takes the rest away."""
    marks = [entry.name for entry in temporary.iterdir()]
    remove_abandoned(temporary)
    assert list(temporary.iterdir()) == []
    assert sorted(workspace.rglob("*")) == before
    groups = [folder.name for folder in Path("/sys/fs/cgroup").rglob("apprentice-scratch-*")]
    assert not [name for name in groups for mark in marks if name.startswith(mark)]


@pytest.mark.parametrize("at", STARTS)
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("kill -STOP $$", id="before bwrap"),
        # a high number: bwrap was given low ones, and which depends on what else the program has open
        pytest.param(
            'exec bwrap --block-fd 99 "$@" 99<"$0.pipe"', id="before the first process inside is set"
        ),
    ],
)
def test_I16_while_the_engine_starts(
    plain_folder: Path, tmp_path: Path, temporary: Path, at: str, moment: str
) -> None:
    os.mkfifo(tmp_path / "bwrap.pipe")
    keep = os.open(tmp_path / "bwrap.pipe", os.O_RDWR)
    before = sorted(plain_folder.rglob("*"))
    engine = engine_that(tmp_path, at, moment)
    with program(plain_folder, temporary, engine, "prove") as running:
        until((tmp_path / "reached").exists)
        until(lambda: len(around(temporary)) >= 3)  # the watch, the timer, and the engine
        running.kill()
        running.wait()
        until(lambda: not around(temporary))
    os.close(keep)
    swept(plain_folder, temporary, before)


def test_I16_when_the_forks_of_the_canary_are_all_there(plain_folder: Path, temporary: Path) -> None:
    before = sorted(plain_folder.rglob("*"))
    mark = uuid.uuid4().hex
    work = f"for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done; echo > {mark}; wait"
    with program(plain_folder, temporary, "bwrap", work) as running:
        until((plain_folder / mark).exists)
        inside = [pid for pid in alive(mark) if pid != running.pid]
        running.kill()
        running.wait()
        until(lambda: not around(temporary) and not alive(mark))
        assert inside
    (plain_folder / mark).unlink()
    swept(plain_folder, temporary, before)


def test_the_timer_ends_a_call_that_nobody_watches(plain_folder: Path, temporary: Path) -> None:
    """The program is stopped, not dead, and its watch is killed: the call ends all the same.

    Its timer is set to five seconds, not to more than the minute that the program gives it.
    """
    before = sorted(plain_folder.rglob("*"))
    mark = uuid.uuid4().hex
    work = f"echo > {mark}; sleep 1000"
    with program(plain_folder, temporary, "bwrap", work, LATER_S="-55") as running:
        until((plain_folder / mark).exists)
        os.kill(running.pid, signal.SIGSTOP)
        lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in around(temporary)}
        watches = [pid for pid, line in lines.items() if b"read -r" in line]
        for pid in watches:
            os.kill(pid, signal.SIGKILL)
        until(lambda: {_comm(pid) for pid in around(temporary)} <= {""})
        assert watches and not [pid for pid in alive(mark) if pid != running.pid]
    (plain_folder / mark).unlink()
    swept(plain_folder, temporary, before)


def _comm(pid: int) -> str:
    """Empty for a zombie, which its stopped parent does not take away."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return "" if text.rpartition(")")[2].split()[0] in "ZX" else text


def test_what_stays_in_the_workspace_is_empty_and_marked(plain_folder: Path, temporary: Path) -> None:
    """Between the kill and the next start; what somebody fills in between is theirs."""
    mark = uuid.uuid4().hex
    with program(plain_folder, temporary, "bwrap", f"echo > {mark}; sleep 1000") as running:
        until((plain_folder / mark).exists)
        running.kill()
        running.wait()
        until(lambda: not around(temporary))
    left = sorted(path.name for path in plain_folder.iterdir() if path.name != mark)
    assert left == [".apprentice", ".git"]
    assert all((plain_folder / name).lstat().st_mode & stat.S_ISVTX for name in left)
    (plain_folder / ".apprentice/settings.toml").touch()
    remove_abandoned(temporary)
    assert sorted(path.name for path in plain_folder.iterdir() if path.name != mark) == [".apprentice"]
