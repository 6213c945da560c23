"""Replacing and removing files that somebody else changes at the very moment."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import renaming
from sandbox.renaming import Displaced, Name, move_new, remove_expected, replace_expected


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture(params=["exchange", "plain"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the exchange of two names, and on a system without it."""
    if request.param == "plain":
        monkeypatch.setattr(renaming, "_system_call", lambda: None)


def holds(folder: Path, content: str) -> Callable[[Name], bool]:
    return lambda name: (folder / os.fsdecode(name)).read_text() == content


def names(folder: Path) -> dict[str, str]:
    return {one.name: one.read_text() for one in folder.iterdir()}


@pytest.mark.usefixtures("both_ways")
def test_C11_what_is_as_expected_is_replaced_and_removed(folder: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "new").write_text("new")
    assert replace_expected("new", "a", folder, holds(tmp_path, "old"))
    assert names(tmp_path) == {"a": "new"}
    assert remove_expected("a", "aside", folder, holds(tmp_path, "new"))
    assert names(tmp_path) == {}


@pytest.mark.usefixtures("both_ways")
def test_C11_what_is_not_as_expected_stays(folder: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("the user's")
    (tmp_path / "new").write_text("new")
    assert not replace_expected("new", "a", folder, holds(tmp_path, "old"))
    assert not remove_expected("a", "aside", folder, holds(tmp_path, "old"))
    assert names(tmp_path) == {"a": "the user's"}
    assert not remove_expected("gone", "aside", folder, holds(tmp_path, "old"))
    (tmp_path / "new").write_text("new")
    assert not replace_expected("new", "gone", folder, lambda at: (tmp_path / os.fsdecode(at)).exists())
    assert names(tmp_path) == {"a": "the user's"}


@pytest.mark.usefixtures("both_ways")
def test_C11_a_look_that_fails_changes_nothing(folder: int, tmp_path: Path) -> None:
    def fail(_: Name) -> bool:
        raise PermissionError(13, "no")

    (tmp_path / "a").write_text("the user's")
    (tmp_path / "new").write_text("new")
    with pytest.raises(PermissionError):
        replace_expected("new", "a", folder, fail)
    with pytest.raises(PermissionError):
        remove_expected("a", "aside", folder, fail)
    assert names(tmp_path) == {"a": "the user's", "new": "new"}


def test_C11_what_came_twice_is_kept_beside_its_place(folder: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("saved once")
    (tmp_path / "new").write_text("new")

    def saved_again(_: Name) -> bool:
        (tmp_path / "editor").write_text("saved twice")
        (tmp_path / "editor").rename(tmp_path / "a")
        return False

    with pytest.raises(Displaced, match="what it held is in new beside it"):
        replace_expected("new", "a", folder, saved_again)
    assert names(tmp_path) == {"a": "saved once", "new": "saved twice"}


def test_C11_what_is_put_back_where_its_place_was_emptied(folder: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("saved")
    (tmp_path / "new").write_text("new")

    def emptied(_: Name) -> bool:
        (tmp_path / "a").unlink()
        return False

    assert not replace_expected("new", "a", folder, emptied)
    assert names(tmp_path) == {"a": "saved"}


def test_C11_a_removed_file_that_comes_again_is_not_overwritten(folder: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("first")

    def saved_again(_: Name) -> bool:
        (tmp_path / "a").write_text("second")
        return False

    with pytest.raises(Displaced, match="what it held is in aside beside it"):
        remove_expected("a", "aside", folder, saved_again)
    assert names(tmp_path) == {"a": "second", "aside": "first"}


@pytest.mark.usefixtures("both_ways")
def test_C11_a_new_name_never_replaces(folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "a").write_text("there")
    with pytest.raises(FileExistsError):
        move_new("new", "a", folder)

    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(FileExistsError):
        move_new("new", "a", folder)
    move_new("new", "b", folder)
    assert names(tmp_path) == {"a": "there", "b": "new"}
