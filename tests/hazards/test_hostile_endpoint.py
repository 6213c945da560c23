"""J: a student's endpoint that wants to hang the program, fill its memory, or write where it should not.

What costs time is counted in steps, not seconds: each byte of a reply is looked at a bounded number of times.
"""

import gzip
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pytest import param

from tests.training.student.conftest import talk
from tests.training.student.loopback import Loopback, Reply, called, event, raw, sse, stream_bytes, whole
from tools.protocol.calls import CallFormatError
from tools.protocol.messages import Message
from tools.registry import builtin_registry
from training.student.base import Decision, StudentError
from training.student.remote import RemoteStudent
from training.student.remote_endpoint import LARGEST_REPLY, Patience
from training.student.remote_events import MOST_CALLS, EventDecoder
from training.student.remote_events import Reply as Read
from training.student.remote_holding import Holding
from training.student.remote_parse import written_calls
from training.student.settings import StudentSettings

TOOLS = {one.name: one for one in builtin_registry().signatures() if one.name != "answer"}
QUICK = Patience(attempts=1, read_s=0.05)
HEAD = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n"


@asynccontextmanager
async def student(reply: Reply, patience: Patience | None = None) -> AsyncIterator[RemoteStudent]:
    async with Loopback(rule=lambda _: reply) as server:
        made = RemoteStudent(StudentSettings(model=server.url), patience)
        yield made
        await made.close()


async def decided(reply: Reply, patience: Patience | None = None) -> Decision:
    async with student(reply, patience) as made:
        return await made.decide(talk(Message("user", "read a.py")))


def endless(piece: bytes) -> Reply:
    """More than any reply may have, in pieces."""
    return raw(HEAD + b"\r\n", *[piece * (1 << 20)] * ((LARGEST_REPLY >> 20) // len(piece) + 2))


@pytest.mark.parametrize(
    "reply",
    [
        param(endless(b"x"), id="one line without end"),
        param(endless(b"data: x"), id="one event without end"),
        param(endless(b": keep alive\n"), id="comments without end"),
        param(endless(b"\n"), id="empty lines without end"),
        param(endless(b"{"), id="JSON without end"),
        param(endless(b" "), id="blanks without end"),
    ],
)
async def test_J06_a_reply_that_never_ends_is_left(reply: Reply) -> None:
    with pytest.raises(StudentError, match=r"does not end|not JSON"):
        await decided(reply)


async def test_J06_ten_megabytes_of_one_line_are_left_at_the_limit() -> None:
    line = sse([event({"content": "x" * (10 << 20)})])
    with pytest.raises(StudentError, match="does not end"):
        await decided(stream_bytes(line, pause_s=0))


@pytest.mark.parametrize("beginning", [b"", sse([event({"content": "word"})], done=False), b"data: {"])
async def test_J06_silence_is_not_waited_out(beginning: bytes) -> None:
    async def reply(writer: Any) -> None:
        writer.write(HEAD + b"\r\n" + beginning)
        await writer.drain()
        await writer.wait_closed()

    with pytest.raises(StudentError, match=r"stopped for|no answer within"):
        await decided(reply, QUICK)


def test_the_longest_silence_is_a_setting() -> None:
    made = RemoteStudent(StudentSettings(model="http://127.0.0.1:1", silence_seconds=17))
    assert made._patience.read_s == 17


@pytest.mark.parametrize("status", [200, 400])
async def test_J06_a_packed_reply_is_not_unpacked(status: int) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    head = f"HTTP/1.1 {status} OK\r\nconnection: close\r\ncontent-encoding: gzip\r\n\r\n".encode()
    with pytest.raises(StudentError, match="packs its replies"):
        await decided(raw(head, bomb))


@pytest.mark.parametrize("piece", [b"x" * 64, b"data: y", b"\r", b"a\r", b"data: \xe2\x82"])
def test_J06_a_line_in_many_pieces_is_put_together_once(piece: bytes) -> None:
    """What waits for its line to end is a list of pieces, or shorter than a piece: never joined at each."""
    decoder = EventDecoder()
    for _ in range(1000):
        decoder.feed(piece)
        assert len(decoder._rest) > 1 or sum(map(len, decoder._rest)) <= 2 * len(piece) or _ == 0


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_J06_pieces_change_nothing(cut: int) -> None:
    data = "data: é1\r\ndata: 2\r\r: x\rdata: 3\n\ndata: 4".encode()
    whole_way, pieces = EventDecoder(), EventDecoder()
    found = [one for at in range(0, len(data), cut) for one in pieces.feed(data[at : at + cut])]
    assert found + pieces.end() == whole_way.feed(data) + whole_way.end() == ["é1\n2", "3", "4"]


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        param("", " ", id="blanks"),
        param("x" * 200 + "\n", " \t", id="blanks after a line"),
        param("x" * 200 + "\n```json\n", "\n ", id="a fence and blanks"),
        param("x" * 200 + "\n{", " ", id="a bracket and blanks"),
        param('x\n{"type": "function"', " ", id="a half object and blanks"),
        param("x" * 200 + "\n", "`", id="backticks"),
    ],
)
def test_J06_text_that_may_come_to_be_a_call_is_shown_before_long(start: str, piece: str) -> None:
    shown: list[str] = []
    holding = Holding(tuple(TOOLS), shown.append)
    holding.feed(start)
    for _ in range(4000):
        holding.feed(piece)
    holding.finish()
    assert "".join(shown).strip() == (start + piece * 4000).strip()
    assert len(holding._held) < 4096 or not start


@pytest.mark.parametrize(
    "text",
    [
        param("<tool_call>x" + " " * 200_000 + "y", id="blanks in a tag"),
        param(" " * 200_000 + "x", id="blanks before an answer"),
        param("```" + "a" * 200_000, id="a fence that does not end"),
        param("```\n" + "\n" * 200_000 + "x", id="a fence of empty lines"),
        param('{"type"' + " " * 200_000 + "x", id="a half object"),
        param("<function=x>" + "<parameter=y>" * 20_000, id="parameters without end"),
        param("<function=run_shell></function>" * 20_000, id="calls without end"),
        param('run_shell {"command": "x"}\n' * 20_000, id="written calls without end"),
    ],
)
@pytest.mark.timeout(60)
def test_J06_text_that_looks_like_calls_takes_no_longer_than_its_length(text: str) -> None:
    """Each of these took hours or did not come to an end."""
    try:
        found = written_calls(text, TOOLS)
    except CallFormatError:
        return
    assert found is None or len(found.calls) <= MOST_CALLS


def test_J06_more_calls_than_any_model_makes_are_passed_over() -> None:
    reply = Read(lambda _: None)
    for number in range(20_000):
        function = {"name": "read_file", "arguments": "{}"}
        reply.take({"choices": [{"delta": {"tool_calls": [{"index": number, "function": function}]}}]})
    assert len(reply.calls) == MOST_CALLS


@pytest.mark.parametrize(
    "call_id",
    [
        param("../../etc/passwd", id="a path up"),
        param("/etc/cron.d/x", id="a path"),
        param("a\x1b[2J", id="a control sequence"),
        param("a\nb", id="two lines"),
        param("x" * (1 << 20), id="a megabyte"),
        param("\ud800", id="half a character"),
        param("", id="nothing"),
    ],
)
async def test_J06_ids_of_an_endpoint_are_used_for_nothing(call_id: str) -> None:
    function = {"name": "read_file", "arguments": '{"path": "a.py"}'}
    proposed = {"index": 0, "id": call_id, "type": "function", "function": function}
    text = json.dumps(event({"tool_calls": [proposed]}, "tool_calls")).encode()
    decision = await decided(stream_bytes(b"data: " + text + b"\n\ndata: [DONE]\n\n"))
    [call] = decision.calls
    assert re.fullmatch(r"c[0-9a-f]{8}", call.id)


@pytest.mark.parametrize(
    "name", ["a\x1b]0;x\x07", "a\nb", "", param("x" * 201, id="long"), 7, None, ["a"], "a\u202eb"]
)
async def test_J06_a_name_that_nobody_could_type_is_no_model(name: object) -> None:
    async with Loopback() as server:
        server.models = whole({"data": [{"id": name}]})
        made = RemoteStudent(StudentSettings(model=server.url))
        with pytest.raises(StudentError, match="does not say which models it has"):
            await made.start()
        await made.close()


@pytest.mark.parametrize("number", [param(10**400, id="400 digits"), -1, 1 << 60, 1e308, True, "9", [1]])
async def test_J06_numbers_that_are_none_are_passed_over(number: object) -> None:
    usage = {"prompt_tokens": number, "completion_tokens": number}
    decision = await decided(called(("read_file", {"path": "a.py"}), usage=usage))
    assert decision.usage.prompt_tokens == decision.usage.completion_tokens == 0


@pytest.mark.parametrize("size", [param(10**400, id="400 digits"), -5, 1 << 31, "9", None])
async def test_J06_a_window_that_is_none_is_that_of_the_settings(size: object) -> None:
    async with Loopback() as server:
        server.models = whole({"data": [{"id": "m", "max_model_len": size}]})
        made = RemoteStudent(StudentSettings(model=server.url, context_tokens=4096))
        assert (await made.start()).context_tokens == 4096
        await made.close()
