"""Folders of processes that were killed are taken away, and no others."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sandbox.scratch import PREFIX, Scratch, remove_abandoned

MAKE = "from sandbox.scratch import Scratch; import os; print(Scratch('test').path, flush=True); "


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_there_until_it_is_removed(folder: Path) -> None:
    mine = Scratch("test")
    assert mine.path.parent == folder and mine.path.stat().st_mode & 0o077 == 0
    other = Scratch("test")
    assert mine.path.is_dir(), "its process lives"
    for each in (mine, other, mine):
        each.close()
    assert list(folder.iterdir()) == []


def test_what_is_no_abandoned_folder_stays(folder: Path) -> None:
    for name in ("other", f"{PREFIX}new", f"{PREFIX}old"):
        (folder / name).mkdir(mode=0o700)
    (folder / f"{PREFIX}link").symlink_to(folder / "other")
    os.utime(folder / f"{PREFIX}old", (0, 0))
    remove_abandoned(folder)
    assert {one.name for one in folder.iterdir()} == {"other", f"{PREFIX}new", f"{PREFIX}link"}


@pytest.mark.slow
def test_the_folder_of_a_process_that_was_killed_goes_with_the_next(folder: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(folder)}
    command = [sys.executable, "-c", MAKE + "os.kill(os.getpid(), 9)"]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    left = Path(killed.stdout.strip())
    assert killed.returncode == -9 and left.is_dir()
    Scratch("test").close()
    assert not left.exists()
