"""NamesInTree: finds every occurrence, follows no link, and notices each change."""

import os
import time
from pathlib import Path

import pytest

from sandbox.tree import NamesInTree, identity_of

NAMES = frozenset({".git"})


@pytest.fixture
def tree(tmp_path: Path) -> NamesInTree:
    return NamesInTree(tmp_path, NAMES)


def test_finds_at_every_depth_and_any_kind(tmp_path: Path, tree: NamesInTree) -> None:
    (tmp_path / "a/b/.git").mkdir(parents=True)
    (tmp_path / "a/.git").write_text("gitdir: elsewhere")
    (tmp_path / ".git").symlink_to("a")
    assert set(tree.find()) == {"a/b/.git", "a/.git", ".git"}


def test_does_not_look_into_what_it_found(tmp_path: Path, tree: NamesInTree) -> None:
    (tmp_path / ".git/x/.git").mkdir(parents=True)
    assert set(tree.find()) == {".git"}


@pytest.mark.parametrize("settled", [False, True])
def test_notices_what_was_made_since_the_last_look(tmp_path: Path, tree: NamesInTree, settled: bool) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    if settled:
        time.sleep(0.05)
    assert tree.find() == {}
    (tmp_path / "a/b/.git").mkdir()
    assert set(tree.find()) == {"a/b/.git"}


def test_times_set_back_do_not_hide_a_change(tmp_path: Path, tree: NamesInTree) -> None:
    (tmp_path / "a").mkdir()
    time.sleep(0.05)
    before = (tmp_path / "a").stat()
    tree.find()
    (tmp_path / "a/.git").mkdir()
    os.utime(tmp_path / "a", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert set(tree.find()) == {"a/.git"}


def test_unchanged_folders_are_not_listed_again(
    tmp_path: Path, tree: NamesInTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (tmp_path / f"d{number}").mkdir()
    time.sleep(0.05)
    tree.find()
    listed: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    (tmp_path / "d7/x").mkdir()
    tree.find()
    assert sorted(listed) == [f"{tmp_path}/d7", f"{tmp_path}/d7/x"]


def test_a_folder_swapped_for_a_link_is_not_followed(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    (root / "a/b").mkdir(parents=True)
    (other / "b/.git").mkdir(parents=True)
    tree = NamesInTree(root, NAMES)
    time.sleep(0.05)
    tree.find()
    (root / "a/b").rmdir()
    (root / "a").rmdir()
    (root / "a").symlink_to(other)
    assert tree.find() == {}


def test_circular_links_end(tmp_path: Path, tree: NamesInTree) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    assert tree.find() == {}


def test_B07_very_deep_trees_end(tmp_path: Path, tree: NamesInTree) -> None:
    start = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(60):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
    finally:
        os.chdir(start)
    assert tree.find() == {}


def test_names_that_are_not_utf8(tmp_path: Path, tree: NamesInTree) -> None:
    (tmp_path / os.fsdecode(b"\xff\n/.git")).mkdir(parents=True)
    assert set(tree.find()) == {os.fsdecode(b"\xff\n/.git")}


def test_identity_is_kept_over_a_move_and_none_where_nothing_lies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    before = identity_of(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert identity_of(tmp_path / "b") == before
    assert identity_of(tmp_path / "a") is None
