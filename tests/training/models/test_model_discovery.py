"""Servers on this machine are found, quickly, and whatever else listens there is passed over."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from pydantic import ValidationError

from tests.training.student.loopback import Loopback, raw, refuse, silence, web_page, whole
from training.models.discovery import discover
from training.models.settings import USUAL, ModelSettings

Serve = Callable[..., Awaitable[Loopback]]
PATIENT_S = 30.0


def models(*names: object) -> object:
    return {"object": "list", "data": [{"id": name} for name in names]}


@pytest.fixture(autouse=True)
def no_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OLLAMA_HOST", raising=False)


async def test_servers_are_asked_together_and_their_models_listed_in_order() -> None:
    async with Loopback() as first, Loopback() as second:
        first.models = whole(models("b", "a"))
        second.models = whole(models("qwen3:0.6b"))
        found = await discover([first.url, "http://127.0.0.1:1/v1", second.url + "/", first.url], PATIENT_S)
        assert [one.address for one in found] == [
            f"{first.url}#b",
            f"{first.url}#a",
            f"{second.url}#qwen3:0.6b",
        ]
        (asked,) = first.requests
        assert (asked.method, asked.path) == ("GET", "/v1/models")


async def test_the_key_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    async with Loopback() as server:
        await discover([server.url], PATIENT_S)
        assert "authorization" not in server.requests[0].headers


@pytest.mark.slow
async def test_what_is_no_such_server_is_passed_over_in_time() -> None:
    replies = [
        silence(),
        web_page(),
        refuse(404, "no"),
        refuse(302, "", location="http://127.0.0.1:1/"),
        whole([]),
        whole({"data": {"a": 1}}),
        whole({"data": [1, {"id": 5}, {"id": ""}, {"id": "a\x1b[2Jb"}, {"id": "x" * 999}]}),
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000),
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 2_000_000),
        raw(b"\x00\x01garbage"),
    ]
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(Loopback()) for _ in replies]
        for server, reply in zip(servers, replies, strict=True):
            server.models = reply
        started = time.monotonic()
        assert await discover([server.url for server in servers], patience_s=0.1) == []
        assert time.monotonic() - started < 10.0


async def test_only_this_machine_is_asked() -> None:
    assert await discover(["http://192.0.2.1:8080/v1", "http://example.org/v1"], patience_s=0.01) == []


@pytest.mark.parametrize("form", ["{host}:{port}", "http://{host}:{port}", "0.0.0.0:{port}"])
async def test_OLLAMA_HOST_is_asked_too(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    async with Loopback() as server:
        monkeypatch.setenv("OLLAMA_HOST", form.format(host="127.0.0.1", port=server.port))
        assert [one.name for one in await discover([], PATIENT_S)] == ["tiny"]


@pytest.mark.parametrize(
    "given", ["http://example.org/v1", "127.0.0.1:8080", "file:///etc", "http://[::1", ""]
)
def test_an_endpoint_elsewhere_is_refused_in_the_settings(given: str) -> None:
    with pytest.raises(ValidationError):
        ModelSettings(endpoints=(given,))


def test_the_usual_endpoints_are_valid() -> None:
    assert ModelSettings(endpoints=USUAL) == ModelSettings()
