"""CappedOutput: head and tail within the budget, memory flat, text always valid."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.output import CappedOutput


def test_short_output_is_kept_whole() -> None:
    output = CappedOutput(100)
    output.feed(b"one\n")
    output.feed(b"two\n")
    assert output.finish() == "one\ntwo\n"
    assert not output.truncated


def test_output_of_exactly_the_limit_is_not_truncated() -> None:
    output = CappedOutput(200)
    output.feed(b"x" * 200)
    assert output.finish() == "x" * 200
    assert not output.truncated


def test_long_output_keeps_head_and_tail_and_says_how_much_is_missing() -> None:
    output = CappedOutput(200)
    output.feed(b"H" * 500 + b"T" * 500)
    text = output.finish()
    head, line, tail = text.split("\n")
    assert output.truncated
    assert set(head) == {"H"} and set(tail) == {"T"}
    assert line == f"[... {1000 - len(head) - len(tail)} bytes left out ...]"
    assert len(text.encode()) <= 200


@given(
    chunks=st.lists(st.binary(max_size=300), max_size=20),
    limit=st.integers(min_value=100, max_value=600),
)
def test_text_never_exceeds_the_limit_and_counts_right(chunks: list[bytes], limit: int) -> None:
    output = CappedOutput(limit)
    for chunk in chunks:
        output.feed(chunk)
    text = output.finish()
    whole = b"".join(chunks).decode(errors="replace")
    assert len(text.encode()) <= limit
    assert output.truncated == (len(whole.encode()) > limit)
    if not output.truncated:
        assert text == whole


def test_characters_split_over_chunks_are_put_together() -> None:
    output = CappedOutput(100)
    for byte in "aé€😀z".encode():
        output.feed(bytes([byte]))
    assert output.finish() == "aé€😀z"


def test_invalid_and_cut_off_bytes_are_replaced() -> None:
    output = CappedOutput(100)
    output.feed(b"a\xff\xfeb\xe2\x82")
    assert output.finish() == "a\ufffd\ufffdb\ufffd"


def test_nul_and_escape_pass_through_for_the_screen_to_make_inert() -> None:
    output = CappedOutput(100)
    output.feed(b"\x00\x1b[2J")
    assert output.finish() == "\x00\x1b[2J"


def test_listener_gets_what_arrives_until_the_limit() -> None:
    heard: list[str] = []
    output = CappedOutput(100, heard.append)
    for _ in range(50):
        output.feed(b"0123456789")
    assert "".join(heard) == "0123456789" * 10


@pytest.mark.parametrize("chunk", [b"x" * (1 << 16), b"line\n" * 13000], ids=["line", "lines"])
def test_B04_B05_memory_stays_flat_under_endless_output_and_endless_lines(chunk: bytes) -> None:
    output = CappedOutput(64 << 10)
    tracemalloc.start()
    for _ in range(512):
        output.feed(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 << 20
    assert len(output.finish().encode()) <= 64 << 10


def test_note_starts_on_a_line_of_its_own() -> None:
    output = CappedOutput(100)
    output.feed(b"no newline")
    output.note("stopped by the sandbox: why")
    assert output.finish() == "no newline\n[stopped by the sandbox: why]\n"


def test_note_on_empty_output_has_no_blank_line_before() -> None:
    output = CappedOutput(100)
    output.note("why")
    assert output.finish() == "[why]\n"


def test_note_survives_truncation() -> None:
    output = CappedOutput(300)
    output.feed(b"x" * 5000)
    output.note("why")
    assert output.finish().endswith("\n[why]\n")
