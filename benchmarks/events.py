"""The decision log against stock TinyDB, TinyDB with caching, and SQLite in WAL mode.

The same events of about 1 KB go into every store, in turn: first one at a time at several lengths of the log,
then in batches; then each log is opened and its newest 50 events are read, and sessions are looked up. TinyDB
is left out where one insert would take seconds. With caching TinyDB writes every 1,000th insert only.
"""

import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from event_stores import PER_SESSION, Ours, Sqlite, Store, Tiny, decision, decisions
from measuring import parser, quantile, report

MAKERS: Mapping[str, Callable[[Path, bool], Store]] = {
    "this log": Ours,
    "sqlite3 WAL": Sqlite,
    "TinyDB": lambda folder, durable: Tiny(folder, caching=False),
    "TinyDB, caching": lambda folder, durable: Tiny(folder, caching=True),
}
TINY_MOST = 10_000
QUERIED = 100_000
PAGE = 50


def fill(store: Store, count: int, batch: int = 5000) -> None:
    for first in range(0, count, batch):
        store.add_many(decisions(first, min(batch, count - first)))


def one_at_a_time(length: int, durable: bool, samples: int) -> list[dict[str, Any]]:
    """Milliseconds to log one decision in a log of ``length`` events; the stores take turns."""
    names = [name for name in MAKERS if length <= TINY_MOST or "TinyDB" not in name]
    with tempfile.TemporaryDirectory(prefix="apprentice-benchmark-") as folder:
        stores = {name: MAKERS[name](Path(folder), durable) for name in names}
        for store in stores.values():
            fill(store, length)
        times: dict[str, list[float]] = {name: [] for name in names}
        for number in range(samples):
            event = decision(length + number)
            turns = list(stores.items())
            for name, store in turns if number % 2 else turns[::-1]:
                if "TinyDB" in name and number >= max(20, samples // 20):
                    continue
                begin = time.perf_counter()
                store.add(event)
                times[name].append((time.perf_counter() - begin) * 1000)
        for store in stores.values():
            store.close()
    sync = "fsync" if durable else "no fsync"
    return [
        {
            "what": f"one decision, {sync}",
            "events": length,
            "store": name,
            "n": len(found),
            "p50 ms": statistics.median(found),
            "p95 ms": quantile(found, 0.95),
            "p99 ms": quantile(found, 0.99),
        }
        for name, found in times.items()
    ]


def batched(count: int, batch: int, durable: bool) -> list[dict[str, Any]]:
    """Events a second in batches, one sync each; the stores take turns, batch by batch."""
    with tempfile.TemporaryDirectory(prefix="apprentice-benchmark-") as folder:
        stores = {name: MAKERS[name](Path(folder), durable) for name in ("this log", "sqlite3 WAL")}
        taken = dict.fromkeys(stores, 0.0)
        processor = dict.fromkeys(stores, 0.0)
        for first in range(0, count, batch):
            events = decisions(first, batch)
            turns = list(stores.items())
            for name, store in turns if first // batch % 2 else turns[::-1]:
                begin, worked = time.perf_counter(), time.process_time()
                store.add_many(events)
                taken[name] += time.perf_counter() - begin
                processor[name] += time.process_time() - worked
        for store in stores.values():
            store.close()
    return [
        {
            "what": f"batches of {batch}, {'fsync' if durable else 'no fsync'} each",
            "events": count,
            "store": name,
            "events/s": round(count / taken[name]),
            "of processor time": round(count / processor[name]),
        }
        for name in stores
    ]


def resident() -> int:
    """Resident memory of this process that belongs to it alone, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def opening(name: str, folder: Path, length: int) -> float:
    """Seconds from opening to the newest page."""
    begin = time.perf_counter()
    assert len(MAKERS[name](folder, True).newest(PAGE)) == PAGE
    return time.perf_counter() - begin


def memory(name: str, folder: Path, length: int) -> float:
    """MB that opening, a page and an append take, beyond what an empty log takes."""
    with tempfile.TemporaryDirectory(prefix="apprentice-benchmark-") as empty:
        other = MAKERS[name](Path(empty), True)
        other.add(decision(length))
        before = resident()
        opened = MAKERS[name](folder, True)
        opened.newest(PAGE)
        opened.add(decision(length + 1))
        return (resident() - before) / 1e6


def lookups(name: str, folder: Path, length: int) -> float:
    """Sessions read in a second, at random."""
    opened, dice, done = MAKERS[name](folder, True), random.Random(3), 0
    begin = time.perf_counter()
    while time.perf_counter() - begin < 2:
        opened.session(f"session-{dice.randrange(length // PER_SESSION):08d}")
        done += 1
    return done / (time.perf_counter() - begin)


def read_back(length: int) -> list[dict[str, Any]]:
    """Each store filled, then opened, looked up and weighed, each in a process of its own."""
    names = [name for name in MAKERS if length <= TINY_MOST or "TinyDB" not in name]
    rows = []
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="apprentice-benchmark-") as folder:
        for name in names:
            store = MAKERS[name](Path(folder), False)
            fill(store, length)
            store.close()
            given = (name, Path(folder), length)
            with fresh.Pool(1, maxtasksperchild=1) as pool:
                rows.append(
                    {
                        "what": "read back",
                        "events": length,
                        "store": name,
                        "open to first page s": statistics.median(
                            pool.apply(opening, given) for _ in range(3)
                        ),
                        f"sessions of {PER_SESSION} events/s": round(pool.apply(lookups, given)),
                        "memory MB": pool.apply(memory, given),
                    }
                )
    return rows


def main() -> int:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--large", action="store_true", help="also with 1,000,000 events")
    arguments.add_argument("-n", type=int, default=400, help="decisions logged one at a time (default 400)")
    given = arguments.parse_args()
    large = [1_000_000] if given.large else []
    facts = {"bytes of an event": len(orjson.dumps(decision(1)))}
    everything: list[dict[str, Any]] = []

    def show(title: str, rows: list[dict[str, Any]]) -> None:
        report(title, rows, facts, None)
        everything.extend(rows)

    for length in (100, 10_000, *large):
        for durable in (True, False):
            show(f"One decision after {length:,}", one_at_a_time(length, durable, given.n))
    for batch, durable in ((1, True), (100, True), (1000, True), (1000, False)):
        show("Ingestion", batched(2000 if batch == 1 else 100_000, batch, durable))
    for length in (10_000, QUERIED, *large):
        show(f"Reading back {length:,}", read_back(length))
    if given.json:
        given.json.write_text(orjson.dumps({"rows": everything, **facts}).decode() + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
