"""Data products over a log of decisions: publishing, opening, and queries a second on indexed fields.

The log is made in memory, so that nothing but the product is measured; sqlite3 with the same rows and an
index on the same fields, in memory, is measured in the same run, in turn.
"""

import random
import sqlite3
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import measuring
import orjson

from training.events.base import Event, EventType
from training.events.decisions import AGGREGATE
from training.events.ids import new_event
from training.products import ProductStore
from training.products.published import Published

NAME = "agent_decision_history"
TOOLS = ("read_file", "list_files", "search_files", "write_file", "edit_file", "run_shell", "run_tests")
AGENTS = ("coder", "debugger", "tester", "reviewer", "documenter", "explorer", "operator")
LIMIT = 10


class Decisions:
    """A log of so many decisions of about 1 KB that can only be read."""

    def __init__(self, number: int) -> None:
        chance = random.Random(7)
        self.events: list[Event] = []
        for place in range(number):
            data = {
                "agent_id": AGENTS[place % len(AGENTS)],
                "category": "coding",
                "context": {"request": f"request {place} " + "x" * 500},
                "tools_available": [{"name": tool} for tool in TOOLS],
                "tool_selected": chance.choice(TOOLS),
                "tool_parameters": {"path": f"src/{place}.py"},
                "reasoning": "because",
                "confidence": round(chance.random(), 4),
                "model": "smollm2",
                "latency_ms": round(chance.random() * 100, 2),
            }
            made = new_event(
                EventType.AGENT_TOOL_SELECTED, f"d{place}", AGGREGATE, data, None, f"s{place // 50}"
            )
            self.events.append(replace(made, sequence=place + 1, version=1))

    def read(self, *, newest_first: bool = False, limit: int | None = None, **_: Any) -> Iterator[Event]:
        events: Iterable[Event] = reversed(self.events) if newest_first else self.events
        return islice(iter(events), limit)


class Peer:
    """sqlite3 with an index on each field that is asked for; a row is its JSON."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute("create table d (id text, agent text, tool text, confidence real, row text)")
        values = (
            (row["event_id"], row["agent_id"], row["tool_selected"], row["confidence"], orjson.dumps(row))
            for row in rows
        )
        self.database.executemany("insert into d values (?, ?, ?, ?, ?)", values)
        for field in ("id", "agent", "tool", "confidence"):
            self.database.execute(f"create index i_{field} on d ({field})")

    def ask(self, where: str, *values: Any) -> list[dict[str, Any]]:
        found = self.database.execute(f"select row from d where {where} limit {LIMIT}", values)
        return [orjson.loads(row) for (row,) in found]


def questions(
    ids: list[str],
) -> dict[str, tuple[Callable[[Published, int], Any], Callable[[Peer, int], Any]]]:
    """The same question to both, with the number of the round in it."""
    return {
        "one row by its id": (
            lambda mine, n: mine.query({"event_id": ids[n % len(ids)]}),
            lambda peer, n: peer.ask("id = ?", ids[n % len(ids)]),
        ),
        f"{LIMIT} of an agent": (
            lambda mine, n: mine.query({"agent_id": AGENTS[n % 7]}, limit=LIMIT),
            lambda peer, n: peer.ask("agent = ?", AGENTS[n % 7]),
        ),
        f"{LIMIT} above a confidence": (
            lambda mine, n: mine.query({"confidence": {"gte": 0.2 + n % 7 / 10}}, limit=LIMIT),
            lambda peer, n: peer.ask("confidence >= ?", 0.2 + n % 7 / 10),
        ),
        f"{LIMIT} of two tools, confident": (
            lambda mine, n: mine.query(
                {"tool_selected": {"in": list(TOOLS[:2])}, "confidence": {"gte": 0.8}}, limit=LIMIT
            ),
            lambda peer, n: peer.ask("tool in (?, ?) and confidence >= 0.8", *TOOLS[:2]),
        ),
        f"the {LIMIT} most confident": (
            lambda mine, n: mine.query(order="-confidence", limit=LIMIT),
            lambda peer, n: peer.ask("1 order by confidence desc"),
        ),
        "the first place of two conditions": (
            lambda mine, n: next(mine.positions({"confidence": {"gt": 0.5}, "agent_id": AGENTS[n % 7]})),
            lambda peer, n: peer.database.execute(
                "select rowid from d where confidence > 0.5 and agent = ? limit 1", (AGENTS[n % 7],)
            ).fetchone(),
        ),
    }


def rate(ask: Callable[[int], Any], seconds: float) -> float:
    """How often a second."""
    asked, begun = 0, time.perf_counter()
    while (passed := time.perf_counter() - begun) < seconds:
        for _ in range(20):
            ask(asked)
            asked += 1
    return asked / passed


def index_mb(folder: Path) -> float:
    """What an open version allocates: all but the mapped file."""
    tracemalloc.start()
    opened = ProductStore(folder).open(NAME)
    opened.index(opened.product.indexed)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 1e6


def main() -> None:
    arguments = measuring.parser(__doc__ or "")
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--seconds", type=float, default=1.0, help="for each question and each of the two")
    given = arguments.parse_args()
    log = Decisions(given.rows)
    with tempfile.TemporaryDirectory() as folder:
        store = ProductStore(Path(folder))
        begun = time.perf_counter()
        manifest = store.publish(NAME, log)  # type: ignore[arg-type]
        published_s = time.perf_counter() - begun
        ids = [event.event_id for event in log.events]
        del log
        begun = time.perf_counter()
        mine = store.open(NAME)
        opened_s, begun = time.perf_counter() - begun, time.perf_counter()
        mine.query({"agent_id": "coder"}, limit=1)
        indexed_s, begun = time.perf_counter() - begun, time.perf_counter()
        mine.index(mine.product.indexed)
        all_indexed_s = time.perf_counter() - begun
        peer = Peer(mine.query())
        rows = []
        for name, (ask_mine, ask_peer) in questions(ids).items():
            ours = rate(lambda n, ask=ask_mine: ask(mine, n), given.seconds)  # type: ignore[misc]
            theirs = rate(lambda n, ask=ask_peer: ask(peer, n), given.seconds)  # type: ignore[misc]
            rows.append(
                {
                    "question": name,
                    "a second": round(ours),
                    "sqlite3": round(theirs),
                    "times": round(ours / theirs, 2),
                }
            )
        size = sum(path.stat().st_size for path in Path(folder).rglob("rows.jsonl"))
        facts = {
            "rows": manifest.rows,
            "publish, s": round(published_s, 2),
            "open and prove, s": round(opened_s, 3),
            "first query (its field indexed), s": round(indexed_s, 2),
            "all other fields indexed, s": round(all_indexed_s, 2),
            "memory of the open version, all fields indexed, MB": round(index_mb(Path(folder)), 1),
            "the mapped file beside it, MB": round(size / 1e6, 1),
        }
        measuring.report("data products", rows, facts, given.json)


if __name__ == "__main__":
    main()
