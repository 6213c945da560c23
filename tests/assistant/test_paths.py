"""Where files are kept, that folders are private, and what is said where there is no place for them."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import paths

FOLDERS: list[tuple[Callable[[], Path], str, str]] = [
    (paths.settings_file, "CONFIG", "settings.toml"),
    (paths.data_dir, "DATA", "."),
    (paths.sessions_dir, "DATA", "sessions"),
    (paths.events_dir, "DATA", "events"),
    (paths.history_file, "STATE", "history"),
    (paths.logs_dir, "STATE", "logs"),
    (paths.student_cache, "CACHE", "student"),
]
MAKING = [entry for entry in FOLDERS if entry[0] is not paths.settings_file]


@pytest.fixture(autouse=True)
def own_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.delenv(f"APPRENTICE_{kind}_DIR", raising=False)
        monkeypatch.delenv(f"XDG_{kind}_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(("where", "kind", "name"), FOLDERS)
def test_the_variable_moves_the_folder(
    where: Callable[[], Path], kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / "moved"))
    assert where() == tmp_path / "moved" / name


@pytest.mark.parametrize(("where", "kind", "name"), FOLDERS)
def test_else_xdg_decides(
    where: Callable[[], Path], kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / "xdg"))
    assert where() == tmp_path / "xdg" / "apprentice" / name


@pytest.mark.parametrize(("where", "kind", "name"), FOLDERS)
def test_else_the_home_folder(where: Callable[[], Path], kind: str, name: str, tmp_path: Path) -> None:
    assert where().is_relative_to(tmp_path / "home")


@pytest.mark.parametrize(("where", "kind", "name"), MAKING)
def test_folders_are_made_private_whatever_the_umask(
    where: Callable[[], Path], kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / "moved"))
    before = os.umask(0)
    try:
        where()
    finally:
        os.umask(before)
    made = [tmp_path / "moved", *(p for p in (tmp_path / "moved").rglob("*") if p.is_dir())]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in made] == [0o700] * len(made)


def test_asking_where_the_settings_are_makes_nothing(tmp_path: Path) -> None:
    paths.settings_file()
    paths.project_settings_files(tmp_path / "workspace")
    assert list(tmp_path.iterdir()) == []


def test_the_settings_of_a_workspace_weaker_first(tmp_path: Path) -> None:
    shared, local = paths.project_settings_files(tmp_path)
    assert shared == tmp_path / ".apprentice" / "settings.toml"
    assert local == tmp_path / ".apprentice" / "settings.local.toml"


@pytest.mark.parametrize(("where", "kind", "name"), FOLDERS)
def test_M6_without_a_home_there_is_one_clear_line(
    where: Callable[[], Path], kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # a user that the machine does not know
    with pytest.raises(paths.PathsError, match=f"set HOME, or APPRENTICE_{kind}_DIR") as caught:
        where()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("where", "kind", "name"), FOLDERS)
def test_M6_without_a_home_the_variable_is_enough(
    where: Callable[[], Path], kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path))
    assert where() == tmp_path / name


def test_a_relative_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPRENTICE_DATA_DIR", "here")
    with pytest.raises(paths.PathsError, match="APPRENTICE_DATA_DIR is 'here': give an absolute path"):
        paths.sessions_dir()


def test_a_folder_that_cannot_be_made_is_said_with_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("APPRENTICE_STATE_DIR", str(tmp_path / "file"))
    with pytest.raises(paths.PathsError, match="set APPRENTICE_STATE_DIR to a folder") as caught:
        paths.history_file()
    assert "\n" not in str(caught.value)
