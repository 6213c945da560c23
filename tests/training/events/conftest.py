"""What the tests of the event log share: a folder, and events that are alike but for their number."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from training.events.base import Event, EventLog
from training.events.decisions import DecisionRecorder
from training.events.ids import new_event
from training.events.log import TinyEventLog

MakeEvent = Callable[..., Event]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def make() -> MakeEvent:
    def make_event(number: int = 0, aggregate: str = "a", **changes: object) -> Event:
        values = {"event_type": "AGENT_TOOL_SELECTED", "aggregate_type": "decision", "data": {"n": number}}
        return new_event(aggregate_id=aggregate, **{**values, **changes})  # type: ignore[arg-type]

    return make_event


@pytest.fixture
def log(folder: Path) -> Iterator[TinyEventLog]:
    opened = TinyEventLog(folder)
    yield opened
    opened.close()


@pytest.fixture
def filled(folder: Path, make: MakeEvent) -> Path:
    """A closed log of four events: one, a batch of two, one."""
    log = TinyEventLog(folder)
    log.append(make(1))
    log.append_many([make(2, "b"), make(3)])
    log.append(make(4, "b"))
    log.close()
    return folder


@pytest.fixture
def decide() -> MakeEvent:
    """Records one selection in a log."""

    def record(log: EventLog, **changes: object) -> Event:
        values = {
            "context": {"request": "where is parse_config?"},
            "tools_available": [{"name": "read_file"}, {"name": "run_tests"}],
            "tool_selected": "read_file",
            "tool_parameters": {"path": "a.py"},
        }
        return DecisionRecorder(log, "s1").selected(**{**values, **changes})  # type: ignore[arg-type]

    return record
