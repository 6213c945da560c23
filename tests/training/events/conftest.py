"""What the tests of the event log share: a folder, and events that are alike but for their number."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from training.events.base import Event
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
def postgres_url() -> Iterator[str]:
    """The URL of an empty schema of the test's own on the server at APPRENTICE_TEST_POSTGRES."""
    from sqlalchemy import create_engine, make_url, text

    if not os.environ.get("APPRENTICE_TEST_POSTGRES"):
        pytest.skip("APPRENTICE_TEST_POSTGRES names no server; see .ci/postgres.sh")
    server = make_url(os.environ["APPRENTICE_TEST_POSTGRES"])
    schema = f"test_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        own = server.update_query_dict({"options": f"-csearch_path={schema}"})
        yield own.render_as_string(hide_password=False)
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def filled(folder: Path, make: MakeEvent) -> Path:
    """A closed log of four events: one, a batch of two, one."""
    log = TinyEventLog(folder)
    log.append(make(1))
    log.append_many([make(2, "b"), make(3)])
    log.append(make(4, "b"))
    log.close()
    return folder
