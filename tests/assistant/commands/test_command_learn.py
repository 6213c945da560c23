"""/learn: what it shows, and that it begins nothing unasked."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant import paths
from assistant.commands import registry
from assistant.commands.base import CommandContext
from tests.assistant.commands.recording import Recorder
from tests.assistant.fake_chat import FakeChat
from tests.training.corrections.making import corrected
from training.events import open_log
from training.jobs.store import Jobs

Begin = Callable[[int], Path]


@pytest.fixture
def project(tmp_path: Path) -> Begin:
    """A folder in which so many decisions were corrected."""

    def make(count: int) -> Path:
        folder = tmp_path / "project"
        folder.mkdir()
        log = open_log(paths.events_dir())
        for number in range(count):
            corrected(log, f"run the {'abcdefg'[number] * 4} tests", workspace=str(folder))
        log.close()
        return folder

    return make


async def learn(folder: Path, **options: Any) -> Recorder:
    chat: Any = FakeChat(folder)
    interface = Recorder(**options)
    assert await registry.dispatch(CommandContext(chat, interface), "/learn")
    return interface


async def test_what_is_missing_is_said(project: Begin) -> None:
    interface = await learn(project(2))
    assert "2 of at least 5 corrections to learn; correct 3 more" in interface.shown[0]
    assert interface.offered == []


async def test_it_shows_what_was_corrected_and_begins_nothing_unasked(
    project: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.learning.estimated", lambda asked, found: SimpleNamespace(seconds=420))
    interface = await learn(project(5))
    assert "5 corrections to learn:" in interface.shown[0]
    assert "run the aaaa tests" in interface.shown[0]
    assert interface.shown[1].startswith("time: about 7 min of training")
    assert [value for value, _ in interface.offered] == ["yes", "no"]
    assert Jobs(paths.jobs_dir()).all() == []
