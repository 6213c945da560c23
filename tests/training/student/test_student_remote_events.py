"""Server-sent events split anywhere, and deltas in every order that servers are known to send."""

import json
from typing import Any

import pytest

from training.student.remote_events import EventDecoder, Proposed, Reply


def decoded(data: bytes, size: int) -> list[str]:
    decoder = EventDecoder()
    found: list[str] = []
    for start in range(0, len(data), size):
        found += decoder.feed(data[start : start + size])
    return found + decoder.end()


STREAM = (
    "\ufeffdata: one\r\n: a comment\r\n\r\nevent: message\nid: 7\nretry: 10\ndata:two\n\n\n\n"
    "data: ünï 日本語 🙂\rdata: goes on\r\rdata: last, never ended"
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_J06_events_are_the_same_however_the_bytes_are_split(size: int) -> None:
    data = STREAM.encode()
    events = decoded(data, size)
    assert events == ["one", "two", "ünï 日本語 🙂\ngoes on", "last, never ended"]


def test_J06_bytes_that_are_no_utf8_become_marks() -> None:
    assert decoded(b"data: a\xff\xfeb\n\n", 1) == ["a��b"]


def test_J06_an_event_without_data_is_none() -> None:
    assert decoded(b"event: ping\n\n: keep-alive\n\ndata:\n\n", 4) == []


def call(index: object = None, call_id: object = None, name: object = None, arguments: object = None) -> Any:
    function = {"name": name, "arguments": arguments}
    found = {"index": index, "id": call_id, "function": function}
    return {key: value for key, value in found.items() if value is not None}


def proposed(*deltas: Any) -> list[tuple[str, str]]:
    reply = Reply(lambda _: None)
    for delta in deltas:
        calls = delta if isinstance(delta, list) else [delta]
        reply.take({"choices": [{"delta": {"tool_calls": calls}}]})
    return [(one.name, one.arguments) for one in reply.calls]


AB = [("a", '{"x": 1}'), ("b", '{"y": 2}')]


@pytest.mark.parametrize(
    "deltas",
    [
        [call(0, "1", "a", '{"x"'), call(0, None, None, ": 1}"), call(1, "2", "b", '{"y": 2}')],
        [call(0, "1", "a"), call(1, "2", "b"), call(0, arguments='{"x"'), call(1, arguments='{"y": '),
         call(0, arguments=": 1}"), call(1, arguments="2}")],
        [call(1, "2", "b", '{"y": 2}'), call(0, "1", "a", '{"x": 1}')],
        [call(None, "1", "a", '{"x"'), call(arguments=": 1}"), call(None, "2", "b", '{"y": 2}')],
        [call(None, None, "a", '{"x"'), call(arguments=": 1}"), call(None, None, "b", '{"y": 2}')],
        [call(0, "1", "a", '{"x": 1}'), call(0, "2", "b", '{"y": '), call(0, "2", None, "2}")],
        [[call(0, "1", "a", '{"x": 1}'), call(1, "2", "b", '{"y": 2}')]],
        [call(0, "1", "a", '{"x"'), call(0, "1", "a", ": 1}"), call(1, "1", "b", '{"y": 2}')],
        [call(0, "1", None, '{"x": 1}'), call(0, None, "a"), call(5, "2", "b", '{"y": 2}')],
        [call(0, "1", "a", {"x": 1}), call(1, "2", "b", {"y": 2})],
    ],
    ids=["in order", "interleaved", "reversed", "no index", "no index, no id", "two ids", "together",
         "name repeated, equal ids", "name last, gap", "objects"],
)  # fmt: skip
def test_J08_calls_are_put_together_whatever_the_order_of_their_deltas(deltas: list[Any]) -> None:
    assert proposed(*deltas) == AB


def test_J09_null_usage_empty_choices_and_wrong_types_are_passed_over() -> None:
    pieces: list[str] = []
    reply = Reply(pieces.append)
    for event in [
        {"choices": [], "usage": None},
        {"choices": None},
        {"choices": [None]},
        {"choices": "x"},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": 3, "tool_calls": {"a": 1}, "reasoning": None}}]},
        {"choices": [{"delta": {"tool_calls": [None, 3, {"index": True, "function": 7}]}}]},
        {"usage": [1]},
        [],
        None,
        7,
        {"choices": [{"delta": {"content": [{"type": "text", "text": "par"}, {"text": "ts"}, 3]}}]},
    ]:
        reply.take(event)
    assert reply.text == "parts"
    assert pieces == ["parts"]
    assert reply.calls == []
    assert reply.usage == {}


def test_a_whole_completion_is_read_like_a_stream_of_one() -> None:
    message = {
        "content": None,
        "reasoning_content": "hm",
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "a", "arguments": json.dumps({})}}
        ],
    }
    reply = Reply(lambda _: None)
    reply.take(
        {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": {"prompt_tokens": 3}}
    )
    assert reply.calls == [Proposed("1", "a", "{}")]
    assert (reply.reasoning, reply.finish, reply.usage) == ("hm", "tool_calls", {"prompt_tokens": 3})
