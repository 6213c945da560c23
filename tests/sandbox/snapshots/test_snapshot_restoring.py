"""Bringing files back, whatever lies in the way."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.snapshots import Plan, Restorer, SnapshotSettings, SnapshotStore

ODD = b'n\xff \n"quoted"\\'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("one\n")
    (root / "b").write_text("b")
    (root / "private").write_text("p")
    (root / "private").chmod(0o600)
    return root


@pytest.fixture
def store(tmp_path: Path, workspace: Path) -> SnapshotStore:
    made = SnapshotStore(tmp_path / "data", workspace, SnapshotSettings(file_mb=1))
    made.take({})
    return made


def planned(store: SnapshotStore) -> Plan:
    """How to take back what happened since the first snapshot."""
    store.take({})
    before, after = store.all()[0], store.all()[-1]
    changes = {change.path: change for change in store.changes(before, after)}
    return Restorer(store).plan(changes, left_out=store.left_out(before))


def restored(store: SnapshotStore, *, foreign: bool = False) -> list[str]:
    """Take it back; what failed."""
    return Restorer(store).apply(planned(store), foreign=foreign)[1]


def test_changed_new_and_removed_files_are_as_before(store: SnapshotStore, workspace: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(workspace) + b"/" + ODD))
    odd.write_bytes(b"odd")
    (workspace / "src" / "a.py").unlink()
    (workspace / "src").rmdir()
    (workspace / "private").unlink()
    (workspace / "new" / "deep").mkdir(parents=True)
    (workspace / "new" / "deep" / "file").write_text("x")
    assert restored(store) == []
    assert (workspace / "src" / "a.py").read_text() == "one\n"
    assert (workspace / "private").stat().st_mode & 0o777 == 0o600
    assert not odd.exists() and not (workspace / "new").exists()
    assert planned(store).steps == ()


def test_C05_a_link_in_the_place_of_a_folder_leads_nowhere(
    store: SnapshotStore, workspace: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("theirs")
    (workspace / "src" / "a.py").unlink()
    (workspace / "src").rmdir()
    plan = planned(store)
    (workspace / "src").symlink_to(outside)
    _, failed = Restorer(store).apply(plan, foreign=True)
    assert (outside / "a.py").read_text() == "theirs" and len(failed) == 1
    assert restored(store) == []
    assert (workspace / "src" / "a.py").read_text() == "one\n" and not (workspace / "src").is_symlink()
    assert (outside / "a.py").read_text() == "theirs"


def test_C11_what_somebody_else_changed_since_is_foreign(store: SnapshotStore, workspace: Path) -> None:
    (workspace / "src" / "a.py").write_text("two\n")
    (workspace / "b").write_text("c")
    store.take({})
    (workspace / "b").write_text("mine")
    changes = {change.path: change for change in store.changes(*store.all())}
    plan = Restorer(store).plan(changes)
    assert plan.foreign == {b"b"}
    Restorer(store).apply(plan, foreign=False)
    assert ((workspace / "b").read_text(), (workspace / "src" / "a.py").read_text()) == ("mine", "one\n")
    Restorer(store).apply(Restorer(store).plan(changes), foreign=True)
    assert (workspace / "b").read_text() == "b"


def test_C11_what_changes_between_the_plan_and_its_end_is_left_alone(
    store: SnapshotStore, workspace: Path
) -> None:
    (workspace / "b").write_text("c")
    plan = planned(store)
    (workspace / "b").write_text("mine")
    assert Restorer(store).apply(plan, foreign=True) == (
        [],
        ["b: changed since it was shown; nothing was written"],
    )


def test_B09_what_grew_too_large_is_asked_and_what_shrank_is_said(
    store: SnapshotStore, workspace: Path
) -> None:
    (workspace / "b").write_bytes(bytes(2 << 20))
    assert planned(store).foreign == {b"b"}
    with (workspace / "large").open("wb") as file:
        file.truncate(2 << 20)
    store.take({})
    before = store.all()[-1]
    (workspace / "large").write_text("short")
    store.take({})
    changes = {change.path: change for change in store.changes(before, store.all()[-1])}
    plan = Restorer(store).plan(changes, left_out={b"large": "too large"})
    assert plan.lost == ("large (too large)",) and plan.steps == ()


def test_a_fifo_and_a_folder_in_the_way(store: SnapshotStore, workspace: Path) -> None:
    (workspace / "b").unlink()
    os.mkfifo(workspace / "b")
    (workspace / "src" / "a.py").unlink()
    (workspace / "src" / "a.py").mkdir()
    plan = planned(store)
    assert plan.foreign == {b"b", b"src/a.py"}
    assert restored(store, foreign=True) == ["src/a.py: Is a directory"]
    assert (workspace / "b").read_text() == "b"


@pytest.fixture
def nested(workspace: Path) -> Path:
    """A repository in the workspace, made before the first snapshot."""
    made = workspace / "nested"
    subprocess.run(["git", "init", "-q", made], check=True)
    (made / "theirs").write_text("one")
    return made


def test_a_submodule_stays_as_it_is_and_its_settings_come_back(nested: Path, store: SnapshotStore) -> None:
    head = (nested / ".git/HEAD").read_bytes()
    (nested / "theirs").write_text("two")
    (store.workspace / ".gitmodules").write_text("[submodule]\n")
    assert restored(store) == []
    assert (nested / "theirs").read_text() == "two" and (nested / ".git/HEAD").read_bytes() == head
    assert not (store.workspace / ".gitmodules").exists()


@pytest.mark.parametrize("instead", ["nothing", "a file", "a link"])
def test_a_repository_that_is_gone_is_said_whatever_is_in_its_place(
    nested: Path, store: SnapshotStore, instead: str
) -> None:
    shutil.rmtree(nested)
    if instead == "a file":
        nested.write_text("x")
    elif instead == "a link":
        nested.symlink_to("src")
    assert planned(store).lost == ("nested (a repository of its own)",)


@pytest.mark.parametrize("foreign", [False, True])
def test_a_repository_in_the_place_of_a_file_is_never_removed(
    store: SnapshotStore, workspace: Path, foreign: bool
) -> None:
    (workspace / "b").unlink()
    subprocess.run(["git", "init", "-q", workspace / "b"], check=True)
    (workspace / "b/theirs").write_text("one")
    assert bool(restored(store, foreign=foreign)) is foreign
    assert (workspace / "b/theirs").read_text() == "one" and (workspace / "b/.git/HEAD").exists()
