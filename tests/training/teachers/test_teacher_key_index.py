"""The index of the replies: nothing that was put is lost, whatever the keys begin with."""

import resource
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.teachers.key_index import KeyIndex

DIGESTS = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")


@settings(max_examples=15, deadline=None)
@given(keys=st.lists(st.one_of(DIGESTS, st.sampled_from(["0" * 64, "0" * 63 + "1", "f" * 64])), max_size=40))
def test_what_was_put_is_among_the_candidates(keys: list[str]) -> None:
    index = KeyIndex()
    for offset, key in enumerate(keys):
        index.put(key, offset)
    for offset, key in enumerate(keys):
        found = list(index.candidates(key))
        assert offset in found
        assert all(keys[one][:16] == key[:16] for one in found)


def test_a_disk_that_is_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def execute(self, statement: str, *_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    index = KeyIndex()
    monkeypatch.setattr(index, "_file", Full())
    with pytest.raises(OSError, match="temporary file: database or disk is full"):
        index.put("0" * 64, 1)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_keys() -> None:
    index = KeyIndex()

    def put(first: int, last: int) -> int:
        for number in range(first, last):
            index.put(f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}", number)
        return resident()

    early = put(0, 200_000)
    assert put(200_000, 500_000) - early < 3 << 20
    assert list(index.candidates(f"{7 * 0x9E3779B97F4A7C15 % 2**64:016x}")) == [7]


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_it_grows() -> None:
    index = KeyIndex()
    keys = [f"{number * 2654435761 % 2**64:016x}{number:048x}" for number in range(2000)]
    for offset, key in enumerate(keys):
        index.put(key, offset)
    assert [list(index.candidates(key)) for key in keys] == [[offset] for offset in range(2000)]
    assert list(index.candidates("e" * 64)) == []
