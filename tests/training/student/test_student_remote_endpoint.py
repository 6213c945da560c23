"""What an endpoint can do wrong, over real sockets: each is one line, the key stays where it belongs."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.training.student.conftest import talk
from tests.training.student.loopback import (
    Loopback,
    Reply,
    event,
    raw,
    refuse,
    said,
    silence,
    sse,
    stream_bytes,
    streamed,
    web_page,
    whole,
)
from tools.protocol.messages import Message
from training.api_errors import retry_after
from training.student.base import ContextOverflow, Decision, StudentError
from training.student.remote import RemoteStudent
from training.student.remote_endpoint import Patience, base_url
from training.student.settings import StudentSettings

QUICK = Patience(attempts=3, backoff_s=0.01, longest_wait_s=0.5, connect_s=10, read_s=20)
IMPATIENT = Patience(attempts=3, backoff_s=0.01, longest_wait_s=0.5, connect_s=10, read_s=0.3)
KEY = "sk-not-a-real-key-0123456789"
AT_ONCE_S = 10.0
HELLO = talk(Message("user", "hello"))


def student(server: Loopback, patience: Patience = QUICK, **settings: Any) -> RemoteStudent:
    return RemoteStudent(StudentSettings(model=server.url, **settings), patience)


async def decide(server: Loopback, patience: Patience = QUICK, **settings: Any) -> Decision:
    one = student(server, patience, **settings)
    try:
        return await one.decide(HELLO)
    finally:
        await one.close()


async def problem(server: Loopback, patience: Patience = QUICK, **settings: Any) -> str:
    """The one line of the error."""
    with pytest.raises(StudentError) as error:
        await decide(server, patience, **settings)
    line = str(error.value)
    assert "\n" not in line
    assert len(line) < 500
    assert KEY not in line + repr(error.value)
    return line


@pytest.mark.parametrize(
    ("model", "base"),
    [
        ("http://localhost:8080", "http://localhost:8080/v1"),
        ("http://localhost:8080/", "http://localhost:8080/v1"),
        ("http://localhost:8080/v1", "http://localhost:8080/v1"),
        ("https://host.example/v1/", "https://host.example/v1"),
        ("https://host.example/api/v3", "https://host.example/api/v3"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
        ("https://host.example/v1/chat/completions", "https://host.example/v1"),
    ],
)
def test_an_address_may_be_written_in_several_ways(model: str, base: str) -> None:
    assert base_url(model) == base


@pytest.mark.parametrize(
    "model", ["http://", "http://[::1", "ftp://host/v1", "http://host:port/v1", "http://me:secret@host/v1"]
)
async def test_an_address_that_is_none_is_one_line_without_its_password(model: str) -> None:
    with pytest.raises(StudentError, match=r"student\.model") as error:
        await RemoteStudent(StudentSettings(model=model)).start()
    assert "secret" not in str(error.value)


async def test_nobody_listens() -> None:
    async with Loopback() as server:
        port = server.port
    remote = RemoteStudent(StudentSettings(model=f"http://127.0.0.1:{port}"), QUICK)
    with pytest.raises(StudentError, match=r"cannot be reached.*start the server"):
        await remote.start()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
async def test_J01_J02_a_passing_refusal_is_tried_again(status: int) -> None:
    async with Loopback(refuse(status, {"error": {"message": "busy"}}), said("Hi.")) as server:
        assert (await decide(server)).answer == "Hi."
        assert len(server.asked) == 2


async def test_J01_a_refusal_that_stays_is_given_up_after_the_attempts() -> None:
    async with Loopback(rule=lambda _: refuse(429, {"error": {"message": "slow down"}})) as server:
        assert "refuses (429): slow down" in await problem(server)
        assert len(server.asked) == QUICK.attempts


@pytest.mark.slow
@pytest.mark.parametrize("how", ["seconds", "date"])
async def test_J01_retry_after_is_waited_for(how: str) -> None:
    started = time.monotonic()
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    busy = refuse(429, "", retry_after="0.3" if how == "seconds" else later)
    patience = Patience(attempts=2, backoff_s=0.001, longest_wait_s=5)
    async with Loopback(busy, said("Hi.")) as server:
        await decide(server, patience)
        assert time.monotonic() - started >= 0.25


async def test_J01_retry_after_longer_than_anyone_waits_is_said_at_once() -> None:
    async with Loopback(refuse(429, {"error": "come back"}, retry_after="3600")) as server:
        assert "come back" in await problem(server)


async def test_J01_a_quota_that_is_used_up_is_not_tried_again() -> None:
    used_up = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
    async with Loopback(refuse(429, used_up)) as server:
        assert "exceeded your quota" in await problem(server)


@pytest.mark.parametrize(("header", "seconds"), [("2", 2.0), ("-3", 0.0), ("", None), ("soon", None)])
def test_J01_retry_after_in_words_says_nothing(header: str, seconds: float | None) -> None:
    assert retry_after(header) == seconds


async def test_J01_waiting_for_another_attempt_can_be_cancelled() -> None:
    async with Loopback(refuse(429, "", retry_after="20")) as server:
        one = student(server, Patience())
        await one.start()
        task = asyncio.create_task(one.decide(HELLO))
        while not server.asked:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        started = time.monotonic()
        await one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - started < AT_ONCE_S
        await one.close()


@pytest.mark.slow
async def test_J03_silence_ends_at_the_time_out() -> None:
    async with Loopback(silence()) as server:
        assert "gave no answer within 0.3 s" in await problem(server, IMPATIENT)


@pytest.mark.slow
async def test_J03_silence_within_a_reply_ends_at_the_time_out() -> None:
    async with Loopback(streamed(event({"content": "I"}), done=False, stay=True)) as server:
        assert "stopped for 4 s" in await problem(server, replace(IMPATIENT, read_s=4))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("key", [KEY, ""])
async def test_J04_a_refused_key_is_not_tried_again_and_never_printed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int, key: str
) -> None:
    caplog.set_level(0)
    monkeypatch.setenv("OPENAI_API_KEY", key)
    async with Loopback(refuse(status, {"error": {"message": f"Incorrect key {KEY} given"}})) as server:
        server_says = await problem(server) if key else ""
        if not key:
            with pytest.raises(StudentError, match="export OPENAI_API_KEY"):
                await decide(server)
        else:
            assert "check OPENAI_API_KEY" in server_says
            assert "Incorrect key [key] given" in server_says
        assert len(server.asked) == 1
        sent = server.asked[0].headers.get("authorization")
        assert sent == (f"Bearer {KEY}" if key else None)
    assert KEY not in caplog.text


async def test_J04_a_key_that_no_header_can_carry_is_said_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\u00e9")
    async with Loopback() as server:
        assert "OPENAI_API_KEY holds characters" in await problem(server)
        assert server.requests == []


CUT = sse([event({"content": "It is "})], done=False)
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "cut",
    [
        stream_bytes(CUT),
        stream_bytes(CUT, b'data: {"choi'),
        raw(CHUNKED, b"%x\r\n" % len(CUT) + CUT + b"\r\n"),
        streamed(event({"tool_calls": [{"index": 0, "function": {"name": "run_shell"}}]}), done=False),
    ],
    ids=["between events", "in an event", "in a chunk", "in a call"],
)
async def test_J05_a_stream_that_is_cut_is_no_answer_and_not_asked_for_again(cut: Reply) -> None:
    async with Loopback(cut) as server:
        line = await problem(server)
        assert "cut off" in line or "lost during the reply" in line or "not JSON" in line
        assert len(server.asked) == 1


async def test_a_connection_that_closes_without_an_answer_is_tried_again() -> None:
    async with Loopback(raw(), said("Hi.")) as server:
        assert (await decide(server)).answer == "Hi."
    async with Loopback(rule=lambda _: raw()) as server:
        assert "closed the connection without an answer" in await problem(server)


async def test_J06_a_stream_without_its_last_mark_is_whole_where_it_says_why_it_ended() -> None:
    async with Loopback(streamed(event({"content": "Hi."}), event({}, "stop"), done=False)) as server:
        assert (await decide(server)).answer == "Hi."


async def test_J06_bytes_split_within_characters_and_line_ends() -> None:
    text = "日本語 🙂 é\n" * 3
    data = sse([event({"content": text}), event({}, "stop")]).replace(b"\n", b"\r\n")
    data = b": hello\r\n\r\n" + data
    pieces = [data[start : start + 7] for start in range(0, len(data), 7)]
    async with Loopback(stream_bytes(*pieces, pause_s=0)) as server:
        assert (await decide(server)).answer == text.strip()


async def test_J06_what_follows_the_last_mark_is_not_waited_for() -> None:
    async with Loopback(streamed(event({"content": "Hi."}), stay=True)) as server:
        started = time.monotonic()
        assert (await decide(server, Patience(read_s=20))).answer == "Hi."
        assert time.monotonic() - started < AT_ONCE_S


async def test_J07_a_web_page_with_status_200() -> None:
    async with Loopback(web_page()) as server:
        assert "answers with a web page; is the path right?" in await problem(server)
    async with Loopback() as server:
        server.models = web_page()
        assert "web page" in await problem(server)


@pytest.mark.parametrize("body", ["Hello there", '{"choices": ', "[" * 50_000], ids=["text", "cut", "deep"])
async def test_J07_what_is_not_json(body: str) -> None:
    async with Loopback(refuse(200, body)) as server:
        line = await problem(server)
        assert "not JSON" in line or "cut off" in line


async def test_a_server_that_does_not_stream_is_understood() -> None:
    message = {"role": "assistant", "content": "Hi."}
    reply = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}}
    async with Loopback(whole(reply)) as server:
        decision = await decide(server)
        assert decision.answer == "Hi."
        assert decision.usage.prompt_tokens == 9


async def test_an_error_within_a_stream_ends_it() -> None:
    async with Loopback(streamed({"error": {"message": "CUDA out of\nmemory", "code": 500}})) as server:
        assert "gave up: CUDA out of memory" in await problem(server)


async def test_J09_null_usage_and_empty_choices() -> None:
    reply = streamed({"choices": [], "usage": None}, event({"content": "Hi."}, "stop", usage=None), event())
    async with Loopback(reply) as server:
        decision = await decide(server)
        assert decision.answer == "Hi."
        assert decision.usage.prompt_tokens == decision.usage.completion_tokens == 0
        assert decision.usage.latency_ms > 0


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_J10_a_redirect_is_not_followed_and_the_key_goes_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with Loopback(said("mine now")) as other:
        async with Loopback(refuse(status, "", location=f"{other.url}/chat/completions")) as server:
            line = await problem(server)
            assert "redirects" in line
            assert "not followed" in line
        assert other.requests == []


async def test_a_proxy_is_not_asked_for_a_loopback_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with Loopback(said("Hi.")) as server:
        assert (await decide(server)).answer == "Hi."


async def test_G08_a_reply_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.student.remote_endpoint.LARGEST_REPLY", 50_000)
    async with Loopback(streamed(*[event({"content": "on and on "})] * 2000, stay=True)) as server:
        assert "does not end" in await problem(server)


@pytest.mark.parametrize(
    ("error", "numbers"),
    [
        (
            "maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
            (9001, 8192),
        ),
        (
            "maximum context length is 4,096 tokens. However, you requested 5,000 tokens (4488 in "
            "the messages, 512 in the completion).",
            (5000, 4096),
        ),
        (
            {"message": "exceeds the available context size", "n_prompt_tokens": 9000, "n_ctx": 8192},
            (9000, 8192),
        ),
        ("request (9000 tokens) exceeds the available context size (8192 tokens)", (9000, 8192)),
        ("prompt is too long: 210000 tokens > 200000 maximum", (210000, 200000)),
    ],
)
async def test_G11_an_overflow_is_said_in_numbers(error: object, numbers: tuple[int, int]) -> None:
    async with Loopback(refuse(400, {"error": error})) as server:
        with pytest.raises(ContextOverflow) as caught:
            await decide(server)
        assert (caught.value.needed, caught.value.limit) == numbers


@pytest.mark.parametrize(
    "message", ["the context is too long", "invalid tool schema 12 of 400", "maximum context length is 8192"]
)
async def test_G11_a_refusal_without_both_numbers_is_one_line(message: str) -> None:
    async with Loopback(refuse(400, {"error": {"message": message}})) as server:
        assert f"refuses (400): {message}" in await problem(server)


@pytest.mark.parametrize(
    ("message", "gone", "added"),
    [
        ("Unknown parameter: 'stream_options'", "stream_options", ""),
        ("parallel_tool_calls is not supported", "parallel_tool_calls", ""),
        ("'temperature' does not support 0", "temperature", ""),
        (
            "Unsupported: 'max_tokens'. Use 'max_completion_tokens' instead.",
            "max_tokens",
            "max_completion_tokens",
        ),
    ],
)
async def test_an_optional_field_that_is_refused_is_left_out_from_then_on(
    message: str, gone: str, added: str
) -> None:
    async with Loopback(refuse(400, {"error": {"message": message}}), said("Hi."), said("Ho.")) as server:
        one = student(server)
        assert (await one.decide(HELLO)).answer == "Hi."
        assert (await one.decide(HELLO)).answer == "Ho."
        await one.close()
        assert gone in server.asked[0].body
        for request in server.asked[1:]:
            assert gone not in request.body
            assert not added or added in request.body
        assert len(server.asked) == 3


async def test_models_say_the_name_and_the_window() -> None:
    async with Loopback() as server:
        for entry, window in [
            ({"max_model_len": 4096}, 4096),
            ({"context_length": 131072}, 131072),
            ({"meta": {"n_ctx": 2048, "n_ctx_train": 32768}}, 2048),
            ({"meta": {"n_ctx_train": 4096}}, 4096),
            ({"meta": {"n_ctx_train": 131072}}, 8192),
            ({"meta": None, "max_model_len": None}, 8192),
            ({"max_model_len": -1, "context_length": "big"}, 8192),
        ]:
            server.models = whole({"data": [{"id": "first", **entry}, {"id": "second"}]})
            one = student(server)
            info = await one.start()
            assert (info.model, info.context_tokens) == ("first", window)
            await one.close()
        info = await student(server, name="second", context_tokens=1024).start()
        assert (info.model, info.context_tokens) == ("second", 1024)


@pytest.mark.parametrize("models", [whole({"data": []}), whole({}), whole([1]), whole({"data": [{"id": 3}]})])
async def test_an_endpoint_that_lists_no_model_needs_a_name(models: Reply) -> None:
    async with Loopback() as server:
        server.models = models
        with pytest.raises(StudentError, match=r"config set student\.name NAME"):
            await student(server).start()
        assert (await student(server, name="mine").start()).model == "mine"


async def test_a_name_needs_no_list_of_models_but_a_server_that_is_there() -> None:
    async with Loopback() as server:
        server.models = refuse(404, "no such page")
        assert (await student(server, name="mine").start()).model == "mine"
        with pytest.raises(StudentError, match="404"):
            await student(server).start()
        server.models = refuse(401)
        with pytest.raises(StudentError, match="OPENAI_API_KEY"):
            await student(server, name="mine").start()


async def test_an_adapter_is_refused() -> None:
    async with Loopback() as server:
        with pytest.raises(StudentError, match=r"student\.adapter"):
            await student(server, adapter="a.gguf").start()
