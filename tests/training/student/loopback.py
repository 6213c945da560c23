"""An OpenAI-compatible endpoint on the loopback interface that says what a test tells it to say.

It speaks just enough HTTP/1.1, by hand, so that every fault can be made: cut streams, split characters,
wrong types, silence. Each request is kept as it came.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]
USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 12}}
MODELS = {"object": "list", "data": [{"id": "tiny", "object": "model", "max_model_len": 4096}]}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Json


class Loopback:
    """``replies`` are given in turn to chat completions, then ``rule`` decides. ``open`` counts connections
    whose request is being answered."""

    def __init__(self, *replies: Reply, rule: Callable[[Json], Reply] | None = None) -> None:
        self.replies = deque(replies)
        self.rule = rule
        self.models: Reply = whole(MODELS)
        self.requests: list[Request] = []
        self.open = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Loopback":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> list[Request]:
        """The chat completions, without the look at the models."""
        return [one for one in self.requests if one.method == "POST"]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            request = await _read(reader)
            self.requests.append(request)
            answering = asyncio.create_task(self._reply(request)(writer))
            gone = asyncio.create_task(reader.read())
            await asyncio.wait([answering, gone], return_when=asyncio.FIRST_COMPLETED)
            for task in (answering, gone):
                task.cancel()
            await asyncio.gather(answering, gone, return_exceptions=True)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()

    def _reply(self, request: Request) -> Reply:
        if request.path.endswith("/models"):
            return self.models
        if self.replies:
            return self.replies.popleft()
        assert self.rule is not None, "the test asked more often than it has replies"
        return self.rule(request.body)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    size = int(headers.get("content-length", "0"))
    body = json.loads(await reader.readexactly(size)) if size else {}
    return Request(method, path, headers, body)


def raw(*pieces: bytes, pause_s: float = 0.0) -> Reply:
    """These bytes and no others, each flushed on its own, then the connection is closed."""

    async def send(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return send


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", "connection: close", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def refuse(status: int, body: object = "", **headers: str) -> Reply:
    """A status with a JSON body, or with text as it is. ``retry_after`` becomes ``retry-after``."""
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return raw(_head(status, {"content-length": str(len(text.encode())), **named}), text.encode())


def whole(body: object) -> Reply:
    """Status 200 with a JSON body."""
    return refuse(200, body, content_type="application/json")


def web_page() -> Reply:
    return refuse(200, "<!DOCTYPE html><html><body>Welcome</body></html>", content_type="text/html")


def silence() -> Reply:
    """The connection stays open and nothing comes."""

    async def wait(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    return wait


def event(delta: Json | None = None, finish: str | None = None, **rest: object) -> Json:
    """One chunk of a stream."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"object": "chat.completion.chunk", "choices": choices, **rest}


def sse(events: Sequence[object], *, done: bool = True) -> bytes:
    text = "".join(f"data: {json.dumps(one, ensure_ascii=False)}\n\n" for one in events)
    return (text + ("data: [DONE]\n\n" if done else "")).encode()


def streamed(*events: object, done: bool = True, pause_s: float = 0.0, stay: bool = False) -> Reply:
    """The events, ``pause_s`` apart. ``stay`` keeps the connection open after them."""
    pieces = [sse([one], done=False) for one in events] + ([b"data: [DONE]\n\n"] if done else [])
    send = raw(_head(200, {"content-type": "text/event-stream"}), *pieces, pause_s=pause_s)

    async def send_and_stay(writer: asyncio.StreamWriter) -> None:
        await send(writer)
        if stay:
            await asyncio.sleep(3600)

    return send_and_stay


def stream_bytes(*pieces: bytes, pause_s: float = 0.002) -> Reply:
    """A stream whose bytes the test wrote itself."""
    return raw(_head(200, {"content-type": "text/event-stream"}), *pieces, pause_s=pause_s)


def said(*pieces: str, finish: str = "stop", usage: object = USAGE, pause_s: float = 0.0) -> Reply:
    """Text, piece by piece."""
    events = [event({"role": "assistant", "content": ""}), *(event({"content": one}) for one in pieces)]
    return streamed(*events, event({}, finish), event(usage=usage), pause_s=pause_s)


def called(
    *calls: tuple[str, object], text: Sequence[str] = (), finish: str = "tool_calls", usage: object = USAGE
) -> Reply:
    """Native tool calls, their arguments (an object, or text as it is) in two halves each."""
    events = [event({"content": one}) for one in text]
    for index, (name, arguments) in enumerate(calls):
        written = arguments if isinstance(arguments, str) else json.dumps(arguments)
        half = len(written) // 2
        first = {"index": index, "id": f"id-{index}", "type": "function"}
        events.append(event({"tool_calls": [{**first, "function": {"name": name, "arguments": ""}}]}))
        for part in (written[:half], written[half:]):
            events.append(event({"tool_calls": [{"index": index, "function": {"arguments": part}}]}))
    return streamed(*events, event({}, finish), event(usage=usage))
