"""The registry under kill -9, and under two processes at once. A kill is an exit at one file operation."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.children import run_child, start_child
from tests.training.registry.students import parts
from training.registry import Registry, RegistryError, State

KILLED = 9
WATCHED = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.copyfile")


def registry_in(folder: Path) -> Registry:
    return Registry(folder / "students", shipped=folder / "shipped")


def killed_at(operation: int, body: Callable[[], object]) -> bool:
    """Run ``body`` in a child that dies before its file operation of that number; whether it came so far."""

    def watched() -> None:
        left = operation

        def die(event: str, _: object) -> None:
            nonlocal left
            if event in WATCHED:
                left -= 1
                if left < 0:
                    os._exit(KILLED)

        sys.addaudithook(die)
        body()

    status = os.waitstatus_to_exitcode(run_child(watched))
    assert status in (0, KILLED)
    return status == KILLED


def each_kill(body: Callable[[], object], check: Callable[[], object]) -> int:
    """Kill ``body`` at its first file operation, its second, and so on; how many there are."""
    operation = 0
    while killed_at(operation, body):
        check()
        operation += 1
    check()
    return operation


@pytest.mark.slow
def test_a_deployment_that_is_killed_has_happened_or_has_not(tmp_path: Path) -> None:
    registry = registry_in(tmp_path)
    one, two = (registry.add(parts(tmp_path, name)) for name in ("one", "two"))
    registry.deploy(one.id)
    seen = []

    def check() -> None:
        standing = registry.deployments()
        seen.append(standing.current)
        assert standing.chain in ((one.id,), (one.id, two.id))
        assert len(standing.history) == len(standing.chain)
        states = {each.id: each.state for each in registry.all()}
        assert states[standing.current] is State.DEPLOYED

    assert each_kill(lambda: registry.deploy(two.id), check) >= 8
    assert seen[0] == one.id and seen[-1] == two.id
    assert sorted(seen, key=[one.id, two.id].index) == seen


@pytest.mark.slow
def test_a_registration_that_is_killed_leaves_a_whole_student_or_none(tmp_path: Path) -> None:
    registry, given = registry_in(tmp_path), parts(tmp_path, "one")

    def check() -> None:
        for student in registry.all():
            registry.deploy(student.id)
            registry.rollback()
            registry.remove(student.id)
        assert registry.unreadable() == []

    def body() -> None:
        registry.add(given)

    assert each_kill(body, check) >= 15
    registry.add(given)
    assert len(list(registry.folder.glob(".*"))) == 0
    assert sorted(path.name for path in registry.folder.iterdir())[-1] == "lock"


def test_two_that_deploy_at_once_are_both_on_the_chain(tmp_path: Path) -> None:
    registry = registry_in(tmp_path)
    students = [registry.add(parts(tmp_path, name)) for name in ("one", "two")]

    def deploy(key: str) -> None:
        for _ in range(5):
            registry_in(tmp_path).deploy(key)

    children = [start_child(lambda key=one.id: deploy(key)) for one in students]  # type: ignore[misc]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    standing = registry.deployments()
    assert set(standing.chain) == {one.id for one in students}
    assert [one.student for one in standing.history] == list(standing.chain)
    befores = ["", *standing.chain[:-1]]
    assert [one.before for one in standing.history] == befores


def test_the_same_student_registered_by_two_at_once_is_one(tmp_path: Path) -> None:
    given = parts(tmp_path, "one")
    children = [start_child(lambda: registry_in(tmp_path).add(given)) for _ in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert len(registry_in(tmp_path).all()) == 1


def test_a_full_disk_keeps_what_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = registry_in(tmp_path)
    one, two = (registry.add(parts(tmp_path, name)) for name in ("one", "two"))
    registry.deploy(one.id)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RegistryError, match="No space left on device; make room there"):
        registry.deploy(two.id)
    with pytest.raises(RegistryError, match="No space left on device"):
        registry.add(parts(tmp_path, "three"))
    monkeypatch.undo()
    assert registry.deployments().chain == (one.id,)
    assert {each.name for each in registry.all()} == {"one", "two"}
    assert not list(registry.folder.glob(".*"))
