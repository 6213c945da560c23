"""The stores that the event benchmark compares, each behind the same few methods, and the events they get.

Invariant: every store keeps the same events of about 1 KB, encoded by orjson where it is given the choice,
can find them by session, and is as durable as it is told to be.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import orjson

from training.events.base import Event
from training.events.codec import to_document
from training.events.ids import new_event, uuid7
from training.events.log import TinyEventLog

PER_SESSION = 20


def decision(number: int) -> Event:
    """One selection of about 1 KB, as the agent records it; sessions of 20."""
    tools = ("read_file", "search_text", "git_diff", "run_tests")
    data = {
        "agent_id": "coder",
        "category": "coding",
        "context": {
            "request": f"show what changed in module {number} since yesterday",
            "cwd": "/home/me/project",
        },
        "tools_available": [
            {"name": name, "description": "What the tool does, in a line."} for name in tools
        ],
        "tool_selected": tools[number % 4],
        "tool_parameters": {"path": f"src/module_{number}.py", "since": "yesterday"},
        "reasoning": "The working tree's difference shows what changed; the file alone would not. " * 3,
        "confidence": 0.91,
        "model": "smollm2-135m-instruct",
        "latency_ms": 212.5,
        "alternatives": [["read_file", 0.05], ["search_text", 0.02]],
    }
    event_id = uuid7()
    session = f"session-{number // PER_SESSION:08d}"
    return new_event("AGENT_TOOL_SELECTED", event_id, "decision", data, None, session, event_id)


def decisions(first: int, count: int) -> list[Event]:
    return [decision(number) for number in range(first, first + count)]


class Store(Protocol):
    """One log on disk. A store without a ``session`` of its own reads everything."""

    def add(self, event: Event) -> None: ...

    def add_many(self, events: Sequence[Event]) -> None: ...

    def newest(self, count: int) -> list[Any]: ...

    def session(self, session: str) -> list[Any]: ...

    def close(self) -> None: ...


class Ours:
    """The event log: checks ids and versions, takes out secrets, chains by hash."""

    def __init__(self, folder: Path, durable: bool) -> None:
        self.log = TinyEventLog(folder / "ours", sync="group" if durable else "never")

    def add(self, event: Event) -> None:
        self.log.append(event)

    def add_many(self, events: Sequence[Event]) -> None:
        self.log.ingest(events)

    def newest(self, count: int) -> list[Any]:
        return list(self.log.read(newest_first=True, limit=count))

    def session(self, session: str) -> list[Any]:
        return list(self.log.read(correlation_id=session))

    def close(self) -> None:
        self.log.close()


class Sqlite:
    """SQLite in WAL mode: unique ids, a version per aggregate, an index of sessions; nothing is redacted."""

    def __init__(self, folder: Path, durable: bool) -> None:
        self.db = sqlite3.connect(folder / "events.sqlite3", isolation_level=None)
        self.db.execute("pragma journal_mode=wal")
        self.db.execute(f"pragma synchronous={'full' if durable else 'off'}")
        self.db.execute(
            "create table if not exists events (sequence integer primary key, event_id text unique,"
            " event_type text, aggregate_id text, version integer, session text, document blob,"
            " unique (aggregate_id, version))"
        )
        self.db.execute("create index if not exists by_session on events (session)")

    def add(self, event: Event) -> None:
        self.add_many([event])

    def add_many(self, events: Sequence[Event]) -> None:
        self.db.execute("begin immediate")
        self.db.executemany(
            "insert into events (event_id, event_type, aggregate_id, version, session, document)"
            " values (?, ?, ?,"
            " (select coalesce(max(version), 0) + 1 from events where aggregate_id = ?), ?, ?)",
            self._rows(events),
        )
        self.db.execute("commit")

    def newest(self, count: int) -> list[Any]:
        found = self.db.execute("select document from events order by sequence desc limit ?", (count,))
        return [orjson.loads(row[0]) for row in found]

    def session(self, session: str) -> list[Any]:
        found = self.db.execute("select document from events where session = ? order by sequence", (session,))
        return [orjson.loads(row[0]) for row in found]

    def close(self) -> None:
        self.db.close()

    def _rows(self, events: Sequence[Event]) -> Iterator[tuple[Any, ...]]:
        for e in events:
            yield e.event_id, e.event_type, e.aggregate_id, e.aggregate_id, e.correlation_id, orjson.dumps(e)


class Tiny:
    """TinyDB as it comes: every insert writes the whole file again, with a sync of its own."""

    def __init__(self, folder: Path, caching: bool) -> None:
        from tinydb import TinyDB
        from tinydb.middlewares import CachingMiddleware
        from tinydb.storages import JSONStorage

        middleware: Any = CachingMiddleware
        storage = middleware(JSONStorage) if caching else JSONStorage
        self.db = TinyDB(folder / f"tiny{caching}.json", storage=storage)

    def add(self, event: Event) -> None:
        self.db.insert(to_document(event))

    def add_many(self, events: Sequence[Event]) -> None:
        self.db.insert_multiple([to_document(event) for event in events])

    def newest(self, count: int) -> list[Any]:
        return list(self.db.all()[-count:][::-1])

    def session(self, session: str) -> list[Any]:
        from tinydb import Query

        return list(self.db.search(Query().correlation_id == session))

    def close(self) -> None:
        self.db.close()
