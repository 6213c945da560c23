"""What is taken back of a program that is gone, and what is left alone: all that is not as it was made."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import leftovers
from sandbox.leftovers import MARKED, STANDS_IN, take_back

MARK = "apprentice-scratch-sandbox-gone"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "1000"], env={MARKED: MARK, "PATH": os.environ["PATH"]})
    yield process
    process.kill()
    process.wait()


def placeholder(path: Path, mode: int = 0o755 | STANDS_IN) -> Path:
    path.mkdir()
    path.chmod(mode)
    return path


def test_processes_with_the_mark_are_ended_stopped_ones_too(sleeper: subprocess.Popen[bytes]) -> None:
    os.kill(sleeper.pid, 19)
    take_back(MARK, [])
    assert sleeper.wait(60) == -9


@pytest.mark.parametrize("other", ["apprentice-scratch-sandbox-other", MARK[:-1], MARK + "x", ""])
def test_processes_of_others_live(sleeper: subprocess.Popen[bytes], other: str) -> None:
    take_back(other, [])
    assert sleeper.poll() is None


def test_what_was_made_goes(tmp_path: Path) -> None:
    folder, file, canary = placeholder(tmp_path / ".git"), tmp_path / "config", tmp_path / ".canary-0123abcd"
    os.close(os.open(file, os.O_CREAT, 0o644 | STANDS_IN))
    canary.write_text("canary")
    take_back(MARK, [("placeholder", folder), ("placeholder", file), ("canary", canary)])
    assert list(tmp_path.iterdir()) == []


def test_what_a_person_made_filled_or_replaced_stays(tmp_path: Path) -> None:
    made = [placeholder(tmp_path / ".apprentice", 0o755), placeholder(tmp_path / "filled")]
    (made[1] / "settings.toml").touch()
    (tmp_path / "link").symlink_to("elsewhere")
    placeholder(tmp_path / "elsewhere")
    (tmp_path / "config").write_text("[core]")
    (tmp_path / "config").chmod(0o644 | STANDS_IN)
    (tmp_path / ".canary-mine").touch()
    placeholder(tmp_path / ".canary-01234567", 0o755)
    before = sorted(tmp_path.rglob("*"))
    names = [".apprentice", "filled", "link", "config", "absent"]
    notes = [("placeholder", tmp_path / name) for name in names]
    canaries = [("canary", tmp_path / name) for name in (".canary-mine", ".canary-01234567", "config")]
    take_back(MARK, [*notes, *canaries, ("other", tmp_path / "elsewhere"), ("group", tmp_path)])
    assert sorted(tmp_path.rglob("*")) == before


def test_what_belongs_to_another_user_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, mine = placeholder(tmp_path / ".git"), os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    take_back(MARK, [("placeholder", folder)])
    assert stat.S_ISDIR(folder.lstat().st_mode)


def test_a_control_group_is_emptied_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "GROUPS", tmp_path)
    monkeypatch.setattr(leftovers, "_GONE_S", 0.05)
    running = subprocess.Popen(["sleep", "1000"])
    ours, others = tmp_path / f"{MARK}-7", tmp_path / "apprentice-scratch-sandbox-lives-1"
    for group in (ours, others):
        group.mkdir()
    (ours / "cgroup.procs").write_text(f"{running.pid}\n")
    take_back(MARK, [("group", tmp_path), ("group", Path("/etc"))])
    assert running.wait(60) == -9 and others.is_dir()
