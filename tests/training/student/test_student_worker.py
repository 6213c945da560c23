"""What is known of the student's process without a model: its protocol, its memory, its files, its sums."""

import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from training.student.base import Usage
from training.student.fingerprint import ENDS, fingerprint
from training.student.memory import resident_bytes
from training.student.tally import Tally
from training.student.worker import Worker


def served(*requests: dict[str, Any]) -> list[dict[str, Any]]:
    """The replies of a worker that has loaded nothing."""
    replies = io.BytesIO()
    Worker(io.BytesIO(b"".join(orjson.dumps(one) + b"\n" for one in requests)), replies).serve()
    return [orjson.loads(line) for line in replies.getvalue().splitlines()]


def test_each_request_has_one_closing_reply_with_what_the_process_holds() -> None:
    replies = served(
        {"id": 1, "op": "count", "texts": ["a"]},
        {"id": 1, "op": "cancel"},
        {"id": 2, "op": "adapt", "adapter": ""},
    )
    assert [reply["id"] for reply in replies] == [1, 2]
    for reply in replies:
        assert reply["event"] == "error"
        assert reply["message"] == "no model is loaded"
        assert reply["memory_bytes"] > 0
        assert reply["states_bytes"] == 0
        assert reply["notices"] == []


def test_a_long_computation_shows_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    replies, now = io.BytesIO(), iter((0.0, 0.5, 1.5, 1.5, 1.6))
    monkeypatch.setattr("training.student.worker.time", SimpleNamespace(monotonic=lambda: next(now)))
    worker = Worker(io.BytesIO(), replies)
    worker._under_way = 7
    assert not any(worker._stops() for _ in range(3))
    assert replies.getvalue() == b'{"id":7,"event":"alive"}\n'


def test_memory_is_that_of_this_process() -> None:
    assert 1 << 20 < resident_bytes() < 1 << 40


def test_a_fingerprint_tells_files_apart_by_either_end_and_by_time(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    seen = set()
    for content in (
        bytes(3 * ENDS),
        b"x" + bytes(3 * ENDS - 1),
        bytes(3 * ENDS - 1) + b"x",
        bytes(3 * ENDS + 1),
    ):
        path.write_bytes(content)
        os.utime(path, (1, 1))
        assert fingerprint(path) == fingerprint(path)
        seen.add(fingerprint(path))
    os.utime(path, (1, 2))
    seen.add(fingerprint(path))
    assert len(seen) == 5


def test_sums_weigh_speeds_by_tokens() -> None:
    tally = Tally()
    tally.add(Usage(100, 50, 10, prefill_tokens_per_s=50, decode_tokens_per_s=10))
    tally.add(Usage(100, 90, 30, prefill_tokens_per_s=10, decode_tokens_per_s=10))
    tally.add(Usage(5, 0, 0))
    stats = tally.stats()
    assert (stats.requests, stats.prompt_tokens, stats.cached_tokens, stats.completion_tokens) == (
        3,
        205,
        140,
        40,
    )
    assert stats.prefill_tokens_per_s == pytest.approx(30)
    assert stats.decode_tokens_per_s == pytest.approx(10)
