"""A container that somebody else removes at the same moment, over an engine that is played."""

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from docker.errors import APIError, NotFound

from sandbox.base import Limits, Mount, SandboxError
from sandbox.container import LABEL, Container, _owner

if TYPE_CHECKING:
    from docker import DockerClient

IN_PROGRESS = "removal of container x is already in progress"


class Engine:
    """Answers each removal with a status; 204 removes."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.removed: list[str] = []
        self.starts = True
        self.api = SimpleNamespace(remove_container=self._remove, attach_socket=lambda *_, **__: None)
        self.containers = SimpleNamespace(list=self._list, create=self._create)

    def info(self) -> dict[str, Any]:
        return {}

    def _remove(self, identifier: str, force: bool) -> None:
        assert force
        self.removed.append(identifier)
        status = self.answers.pop(0)
        if status == 404:
            raise NotFound("no such container", response=SimpleNamespace(status_code=404))
        if status != 204:
            raise APIError(IN_PROGRESS, response=SimpleNamespace(status_code=status), explanation=IN_PROGRESS)

    def _list(self, **_: Any) -> list[Any]:
        place = _owner(os.getpid()).rsplit(":", 2)[0]
        return [SimpleNamespace(id=name, labels={LABEL: f"{place}:999999999:1"}) for name in "ab"]

    def _create(self, *_: Any, **__: Any) -> Any:
        def start() -> None:
            raise APIError("no", response=SimpleNamespace(status_code=500), explanation="no space left")

        return SimpleNamespace(id="made", start=start)


def client(*answers: int) -> tuple[Engine, "DockerClient"]:
    engine = Engine(*answers)
    return engine, cast("DockerClient", engine)


@pytest.mark.parametrize("status", [204, 404, 409])
def test_A18_a_container_that_is_being_removed_is_removed(status: int) -> None:
    engine, docker = client(status, status)
    held = SimpleNamespace(closed=0)
    held.close = lambda: setattr(held, "closed", held.closed + 1)
    container = Container(docker, "x", held, (), Limits())
    container.remove()
    container.remove()  # as where a session is closed while its call ends
    assert engine.removed == ["x", "x"] and held.closed == 2


def test_A18_a_removal_that_fails_otherwise_is_one_line() -> None:
    _, docker = client(500)
    with pytest.raises(SandboxError, match="the engine refused"):
        Container(docker, "x", None, (), Limits()).remove()


@pytest.mark.parametrize("status", [404, 409])
def test_A18_two_sessions_may_sweep_at_once(status: int) -> None:
    engine, docker = client(status, 204)
    Container.reap(docker)
    assert engine.removed == ["a", "b"]


@pytest.mark.parametrize("status", [204, 404, 409, 500])
def test_A18_the_reason_that_a_container_did_not_start_is_told(status: int, workspace: Any) -> None:
    engine, docker = client(status)
    with pytest.raises(SandboxError, match="no space left"):
        Container.create(docker, "image", Mount(workspace), (), Limits())
    assert engine.removed == ["made"]
