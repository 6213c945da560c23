"""What the tests of the event log share: a folder, and events that are alike but for their number."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from training.events import open_log
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


KINDS = ["tinydb", "small segments", pytest.param("postgres", marks=pytest.mark.postgres)]
"""Every kind of log there is, for the tests of what all of them do. A new kind joins by a word here."""


@pytest.fixture(params=KINDS)
def reopen(request: pytest.FixtureRequest, folder: Path) -> Iterator[Callable[[], EventLog]]:
    """Opens the same log again, as another process would."""
    opened: list[EventLog] = []
    where: str | Path = request.getfixturevalue("postgres_url") if request.param == "postgres" else folder

    def open_again() -> EventLog:
        small = request.param == "small segments"
        opened.append(TinyEventLog(folder, segment_bytes=400) if small else open_log(where))
        return opened[-1]

    yield open_again
    for log in opened:
        log.close()


@pytest.fixture
def any_log(reopen):
    return reopen()
