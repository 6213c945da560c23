"""A small HTTP/1.1 server on the loopback interface, by hand, so that every fault can be made.

Connections are kept alive. Each request is kept as it came. A reply is a function that writes bytes.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Reply = Callable[[asyncio.StreamWriter], Awaitable[bool]]
"""Writes an answer; whether the connection can be used again."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        value: Json = json.loads(self.body)
        return value


class HttpServer:
    """``answer`` decides what each request gets. An async context manager."""

    def __init__(self, answer: Callable[[Request], Reply], ssl: Any = None) -> None:
        self._answer = answer
        self._ssl = ssl
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.most_open = 0
        self.under_way = 0

    async def __aenter__(self) -> "HttpServer":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._ssl)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http{'s' if self._ssl else ''}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.under_way += 1
                self.most_open = max(self.most_open, self.under_way)
                try:
                    if not await self._answer(request)(writer):
                        return
                finally:
                    self.under_way -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)


def reply(status: int, body: object, *, delay_s: float = 0.0, **headers: str) -> Reply:
    """A status with a JSON body, or with text or bytes as they are; ``retry_after`` is ``retry-after``."""
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    raw = text.encode() if isinstance(text, str) else text
    named = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}

    async def write(writer: asyncio.StreamWriter) -> bool:
        if delay_s:
            await asyncio.sleep(delay_s)
        writer.write(_head(status, {**named, "content-length": str(len(raw))}) + raw)
        await writer.drain()
        return True

    return write


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def cut(body: object, *, at: int = 20) -> Reply:
    """The connection ends in the middle of the body."""
    raw = json.dumps(body).encode()

    async def write(writer: asyncio.StreamWriter) -> bool:
        head = _head(200, {"content-type": "application/json", "content-length": str(len(raw))})
        writer.write(head + raw[:at])
        await writer.drain()
        return False

    return write


def hang_up() -> Reply:
    """The connection ends without an answer."""

    async def write(_: asyncio.StreamWriter) -> bool:
        return False

    return write


def silence() -> Reply:
    """The connection stays open and nothing comes."""

    async def write(_: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(3600)
        return False

    return write


def drip(body: object, *, pause_s: float = 0.02) -> Reply:
    """A byte at a time, so that no pause is ever long."""
    raw = json.dumps(body).encode()

    async def write(writer: asyncio.StreamWriter) -> bool:
        writer.write(_head(200, {"content-type": "application/json", "content-length": str(len(raw))}))
        for byte in raw:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause_s)
        return True

    return write


def endless() -> Reply:
    """A body without an end."""

    async def write(writer: asyncio.StreamWriter) -> bool:
        writer.write(_head(200, {"content-type": "application/json", "transfer-encoding": "chunked"}))
        chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
        while True:
            writer.write(chunk)
            await writer.drain()

    return write


def redirect(to: str) -> Reply:
    return reply(307, "", location=to)


def web_page() -> Reply:
    return reply(200, "<!DOCTYPE html><html><body>Welcome</body></html>", content_type="text/html")
