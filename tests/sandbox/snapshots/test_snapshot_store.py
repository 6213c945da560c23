"""Snapshots of a workspace: what is kept, what is left out, and what is never touched or run."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.snapshots import SnapshotError, SnapshotSettings, SnapshotStore, SnapshotUnavailable
from sandbox.snapshots.git import Git

ODD = b'n\xff \n"quoted"\\'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("one\n")
    return root


@pytest.fixture
def store(tmp_path: Path, workspace: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "data", workspace, SnapshotSettings())


def letters(store: SnapshotStore) -> dict[bytes, str]:
    """What changed between the last two snapshots."""
    before, after = store.all()[-2:]
    return {change.path: change.letter for change in store.changes(before, after)}


def test_changes_of_every_kind_and_names_of_any_bytes(store: SnapshotStore, workspace: Path) -> None:
    (workspace / "gone").write_text("x")
    (workspace / "private").write_text("x")
    (workspace / "private").chmod(0o600)
    (workspace / "link").symlink_to("/etc/passwd")
    store.take({})
    (workspace / "src" / "a.py").write_text("two\n")
    (workspace / "gone").unlink()
    (workspace / "private").chmod(0o640)
    (workspace / "link").unlink()
    Path(os.fsdecode(os.fsencode(workspace) + b"/" + ODD)).write_bytes(b"odd")
    store.take({})
    assert letters(store) == {b"src/a.py": "M", b"gone": "D", b"private": "M", b"link": "D", ODD: "A"}
    text = store.diff(*store.all()[-2:])
    assert b"-one\n+two\n" in text and b"-/etc/passwd" in text


def test_an_unchanged_workspace_is_the_same_tree_and_read_no_more(
    store: SnapshotStore, workspace: Path
) -> None:
    os.utime(workspace / "src" / "a.py", (1, 1))
    first, _ = store.take({"kind": "turn"})
    again, _ = store.take({})
    assert first.tree == again.tree and first.number + 1 == again.number
    assert [one.facts for one in store.all()] == [{"kind": "turn"}, {}]


@pytest.mark.slow
def test_what_git_ignores_counts_when_it_is_tracked_or_wanted(
    tmp_path: Path, store: SnapshotStore, workspace: Path
) -> None:
    subprocess.run(["git", "init", "-q", workspace], check=True)
    for name in ("forced.log", "other.log"):
        (workspace / name).write_text("x")
    (workspace / ".gitignore").write_text("*.log\n")
    subprocess.run(["git", "-C", workspace, "add", "-f", "forced.log"], check=True)
    before = {path: path.read_bytes() for path in (workspace / ".git").rglob("*") if path.is_file()}
    _, left_out = store.take({})
    wanting = SnapshotStore(tmp_path / "more", workspace, SnapshotSettings(ignored=True))
    wanting.take({})
    for path in workspace.glob("*.log"):
        path.unlink()
    store.take({})
    wanting.take({})
    assert letters(store) == {b"forced.log": "D"} and left_out == {}
    assert letters(wanting) == {b"forced.log": "D", b"other.log": "D"}
    assert {path: path.read_bytes() for path in before} == before


def test_A08_nothing_of_the_person_runs_and_no_protected_name_is_read(
    store: SnapshotStore, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = f"touch {workspace.parent}/ran; cat"
    subprocess.run(["git", "init", "-q", workspace], check=True)
    for key in ("filter.x.clean", "core.fsmonitor", "diff.x.command", "diff.x.textconv", "core.pager"):
        subprocess.run(["git", "-C", workspace, "config", key, trap], check=True)
    for key, value in (("GIT_EXTERNAL_DIFF", trap), ("GIT_INDEX_FILE", "/nowhere"), ("GIT_DIR", "/nowhere")):
        monkeypatch.setenv(key, value)
    (workspace / ".gitattributes").write_text("* filter=x diff=x text eol=crlf\n")
    (workspace / ".apprentice").mkdir()
    (workspace / ".apprentice" / "settings.toml").write_text("x")
    store.take({})
    (workspace / "src" / "a.py").write_text("two\r\n")
    (workspace / ".apprentice" / "settings.toml").write_text("y")
    store.take({})
    assert b"+two\r\n" in store.diff(*store.all())
    assert letters(store) == {b"src/a.py": "M"}
    assert not (workspace.parent / "ran").exists()


def test_D07_a_git_in_the_workspace_is_never_run(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "git").write_text("#!/bin/sh\n")
    (workspace / "git").chmod(0o755)
    (workspace.parent / "bin").mkdir()
    (workspace.parent / "bin" / "git").symlink_to(workspace / "git")
    monkeypatch.setenv("PATH", f"{workspace}:.:{workspace.parent}/bin")
    monkeypatch.chdir(workspace)
    with pytest.raises(SnapshotUnavailable, match="no snapshots"):
        Git(workspace.parent / "store", workspace)


def test_B09_what_is_too_large_too_many_or_no_file_is_left_out_and_named(
    tmp_path: Path, workspace: Path
) -> None:
    os.mkfifo(workspace / "fifo")
    with (workspace / "huge").open("wb") as file:
        file.truncate(50 << 30)
    for name in "pqr":
        (workspace / name).write_text(name)
    nested = workspace / "nested"
    subprocess.run(["git", "init", "-q", nested], check=True)
    (nested / "x").write_text("x")
    store = SnapshotStore(tmp_path / "data", workspace, SnapshotSettings(files=3, file_mb=1))
    _, left_out = store.take({})
    assert left_out == {
        b"huge": "too large",
        b"nested": "a repository of its own",
        b"src/a.py": "too many files",
    }
    assert store.left_out(store.all()[0]) == left_out


def test_an_unreadable_file_is_left_out_and_named(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refuses(path: str | bytes, *rest: int, **named: int | None) -> int:
        """Root may read everything, so the system is made to refuse."""
        if os.fsencode(path).endswith(b"a.py"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *rest, **named)

    monkeypatch.setattr(os, "open", refuses)
    assert list(store.take({})[1]) == [b"src/a.py"]


def test_C02_links_are_kept_as_links_and_never_followed(
    store: SnapshotStore, workspace: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    store.take({})
    (workspace / "src" / "a.py").unlink()
    (workspace / "src").rmdir()
    (workspace / "src").symlink_to(outside)
    store.take({})
    assert letters(store) == {b"src": "A", b"src/a.py": "D"}
    assert b"secret" not in store.diff(*store.all())


@pytest.mark.slow
def test_B06_a_full_disk_is_one_line_and_what_was_kept_stays(store: SnapshotStore, workspace: Path) -> None:
    store.take({})
    (workspace / "new").write_bytes(os.urandom(200_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    code = (
        "import sys, resource, signal; from pathlib import Path\n"
        "from sandbox.snapshots import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, {limits[1]}))\n"
        "store = SnapshotStore(Path(sys.argv[1]), Path(sys.argv[2]), SnapshotSettings())\n"
        "try: store.take({})\nexcept SnapshotError as error: print(error)\n"
    )
    arguments = [sys.executable, "-c", code, str(store.folder.parent), str(workspace)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1 and "git fast-import failed" in done.stdout
    assert len(store.all()) == 1
    store.take({})
    assert letters(store) == {b"new": "A"}


def test_a_store_that_cannot_be_written_is_one_line(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(SnapshotError, match="no snapshot"):
        SnapshotStore(tmp_path / "data", workspace, SnapshotSettings()).take({})


def test_a_workspace_that_holds_the_store_is_not_kept(workspace: Path) -> None:
    with pytest.raises(SnapshotUnavailable, match="own data"):
        SnapshotStore(workspace / "data", workspace, SnapshotSettings()).take({})


def test_an_interrupted_snapshot_leaves_nothing(store: SnapshotStore) -> None:
    with pytest.raises(SnapshotError, match="interrupted"):
        store.take({}, lambda: True)
    assert store.all() == []


@pytest.mark.slow
def test_only_the_newest_are_kept(tmp_path: Path, workspace: Path) -> None:
    store = SnapshotStore(tmp_path / "data", workspace, SnapshotSettings(keep=10))
    for _ in range(12):
        store.take({})
    assert [one.number for one in store.all()] == list(range(3, 13))
