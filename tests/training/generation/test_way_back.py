"""A folder comes back as it was, whatever was done to it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from training.generation.way_back import WayBack

DEEDS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda root: None,
    "written over": lambda root: (root / "a.txt").write_text("other"),
    "as long, and as old": lambda root: _as_old(root / "a.txt", "two"),
    "removed": lambda root: (root / "sub" / "b.txt").unlink(),
    "a folder removed": lambda root: shutil.rmtree(root / "sub"),
    "all removed": lambda root: [shutil.rmtree(root / "sub"), (root / "a.txt").unlink()],
    "more": lambda root: [(root / "new" / "x").mkdir(parents=True), (root / "new" / "c").touch()],
    "a file that is a folder now": lambda root: [(root / "a.txt").unlink(), (root / "a.txt").mkdir()],
    "a folder that is a file now": lambda root: [shutil.rmtree(root / "sub"), (root / "sub").touch()],
    "a folder that is a link now": lambda root: [
        shutil.rmtree(root / "sub"),
        (root / "sub").symlink_to("/etc"),
    ],
    "a link": lambda root: (root / "link").symlink_to("a.txt"),
    "executable": lambda root: (root / "a.txt").chmod(0o755),
    "closed": lambda root: (root / "sub").chmod(0o500),
    "a pipe": lambda root: os.mkfifo(root / "pipe"),
}


def _as_old(path: Path, text: str) -> None:
    facts = path.stat()
    path.write_text(text)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def state(root: Path) -> dict[str, tuple[int, bytes]]:
    found = {}
    for path in sorted(root.rglob("*")):
        facts = path.lstat()
        found[str(path.relative_to(root))] = facts.st_mode, b"" if path.is_dir() else path.read_bytes()
    return found


@pytest.mark.parametrize("deed", DEEDS)
def test_it_comes_back_as_it_was_each_time(tmp_path: Path, deed: str) -> None:
    root = tmp_path / "root"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "a.txt").write_text("one")
    (root / "sub" / "b.txt").write_text("b")
    way_back = WayBack(root)
    way_back.remember()
    before = state(root)
    for _ in range(2):
        DEEDS[deed](root)
        way_back.bring_back()
        assert state(root) == before


def test_what_was_not_touched_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    way_back = WayBack(tmp_path)
    way_back.remember()
    before = (tmp_path / "b").stat()
    (tmp_path / "a").write_text("changed")
    way_back.bring_back()
    assert (tmp_path / "b").stat() == before and (tmp_path / "a").read_text() == ""
