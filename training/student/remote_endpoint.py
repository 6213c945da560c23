"""Requests to an OpenAI-compatible endpoint: its address, the key, patience, and errors in one line.

Invariant: the key goes to the configured origin and nowhere else. No redirect is followed, a loopback
address is never reached through a proxy, and no error text holds the key, also where a server echoes it.
Covered: refusals with and without Retry-After, time-outs, web pages with status 200, endless and cut
replies. A reply that began is never asked for again, because the person may have seen a part of it.
"""

import asyncio
import json
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from training.api_errors import PASSING, error_of, parsed_error, retry_after
from training.student.base import StudentError
from training.student.remote_errors import Refused, lacks_tools
from training.student.remote_events import EventDecoder

if TYPE_CHECKING:
    import httpx

KEY = "OPENAI_API_KEY"
LARGEST_REPLY = 8 << 20
LARGEST_REFUSAL = 64 << 10
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Patience:
    """How long an endpoint is waited for. Seconds; the wait doubles with each attempt, less some jitter."""

    attempts: int = 5
    backoff_s: float = 0.5
    longest_wait_s: float = 30.0
    connect_s: float = 10.0
    read_s: float = 300.0


ORDINARY = Patience()


def base_url(model: str) -> str:
    """``student.model`` as the address that ``/chat/completions`` is appended to.

    A bare ``http://host:port`` gets ``/v1``. Raises StudentError.
    """
    try:
        parts = urlsplit(model)
        port = parts.port
    except ValueError as error:
        raise StudentError(f"student.model is not an address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StudentError("student.model is not an address: write http://host:port/v1")
    if parts.username or parts.password or parts.query:
        raise StudentError(
            f"student.model: leave passwords and keys out of the address ({parts.hostname}); export {KEY}=..."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path or '/v1'}"


class Endpoint:
    """One origin. The connection is made by the first request and kept."""

    def __init__(self, model: str, patience: Patience = ORDINARY) -> None:
        self.base = base_url(model)
        self._patience = patience
        self._key = os.environ.get(KEY, "").strip()
        self._client: httpx.AsyncClient | None = None

    def _open(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx

            if not (self._key.isascii() and self._key.isprintable()):
                raise StudentError(f"{KEY} holds characters that no key has; export it again")
            self._client = httpx.AsyncClient(
                headers={"authorization": f"Bearer {self._key}"} if self._key else {},
                timeout=httpx.Timeout(self._patience.read_s, connect=self._patience.connect_s),
                follow_redirects=False,
                trust_env=urlsplit(self.base).hostname not in LOOPBACK,
            )
        return self._client

    async def get(self, path: str) -> Any:
        """The JSON of one page. Raises StudentError."""
        pages: list[Any] = []
        await self._send("GET", path, b"", pages.append)
        return pages[-1] if pages else None

    async def post(self, path: str, body: Mapping[str, Any], take: Callable[[Any], None]) -> bool:
        """Send ``body`` and pass on each JSON value of the reply, streamed or whole.

        True where the endpoint said that it is done, False where the reply just stopped coming. Raises
        StudentError, which is Refused where there was an answer; asyncio.CancelledError closes the
        connection.
        """
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return await self._send("POST", path, data, take)

    async def _send(self, method: str, path: str, data: bytes, take: Callable[[Any], None]) -> bool:
        import httpx

        client = self._open()
        headers = {"accept-encoding": "identity"} | ({"content-type": "application/json"} if data else {})
        for attempt in range(1, self._patience.attempts + 1):
            wait: float | None = None
            problem: StudentError
            try:
                async with client.stream(
                    method, self.base + path, content=data or None, headers=headers
                ) as response:
                    if response.headers.get("content-encoding", "identity") != "identity":
                        raise StudentError(f"{self.base} packs its replies, which it was not asked to")
                    if response.status_code == HTTPStatus.OK:
                        return await self._read(response, take)
                    problem = await self._refusal(response)
                    wait = self._wait(response, problem, attempt)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                problem = StudentError(f"{self.base} closed the connection without an answer")
                wait = self._backoff(attempt)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self._unreachable(error) from None
            if wait is None or attempt == self._patience.attempts:
                raise problem
            await asyncio.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _read(self, response: "httpx.Response", take: Callable[[Any], None]) -> bool:
        """Pass on a reply as it comes: server-sent events, or one JSON text."""
        import httpx

        decoder = EventDecoder()
        seen, size = bytearray(), 0
        try:
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > LARGEST_REPLY:
                    raise StudentError(f"{self.base}: the reply does not end; it was left at {size} bytes")
                if not seen or seen.startswith((b"{", b"[")):
                    seen += chunk if seen else chunk.lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()
                    chunk = b"" if not seen or seen.startswith((b"{", b"[")) else bytes(seen)
                if seen.startswith(b"<"):
                    raise StudentError(f"{self.base} answers with a web page; is the path right?")
                for event in decoder.feed(chunk):
                    if event.strip() == "[DONE]":
                        return True
                    take(self._loaded(event))
        except httpx.ReadTimeout:
            raise StudentError(
                f"{self.base}: the reply stopped for {self._patience.read_s:g} s; ask again"
            ) from None
        except httpx.HTTPError:
            raise StudentError(f"{self.base}: the connection was lost during the reply; ask again") from None
        if seen.startswith((b"{", b"[")):
            take(self._loaded(seen.decode("utf-8", "replace")))
            return True
        for event in decoder.end():
            if event.strip() != "[DONE]":
                take(self._loaded(event))
        return False

    def _loaded(self, text: str) -> Any:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            shown = self.line(text[:80])
            raise StudentError(f"{self.base} sent what is not JSON: {shown}; is it an API?") from None
        if isinstance(value, dict) and value.get("error"):
            error = error_of(value)
            message = self.line(error.get("message"))
            raise Refused(f"{self.base} gave up: {message}", int(HTTPStatus.OK), message, error)
        return value

    async def _refusal(self, response: "httpx.Response") -> Refused:
        """A status other than 200, in one line."""
        body = b""
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > LARGEST_REFUSAL:
                break
        error = parsed_error(body.decode("utf-8", "replace"))
        message = self.line(error.get("message"))
        status = response.status_code
        said = f": {message}" if message else ""
        if status in (401, 403):
            mend = f"check {KEY}" if self._key else f"export {KEY}=..."
            line = f"{self.base} asks for a valid key ({status}); {mend}{said}"
        elif 300 <= status < 400:
            target = urlsplit(response.headers.get("location", ""))
            line = (
                f"{self.base} redirects ({status}) to {self.line(target.hostname or target.path)}, "
                "which is not followed; set student.model to the final address"
            )
        elif status == HTTPStatus.NOT_FOUND:
            line = f"{self.base} does not know this page or model (404); check the address{said}"
        else:
            line = f"{self.base} refuses ({status}){said}"
        return Refused(line, status, message, error)

    def _wait(self, response: "httpx.Response", problem: Refused, attempt: int) -> float | None:
        """Seconds until another attempt makes sense, None where it does not."""
        for_good = problem.error.get("code") == "insufficient_quota" or lacks_tools(problem)
        if problem.status not in PASSING or for_good:
            return None
        asked = retry_after(response.headers.get("retry-after", ""))
        if asked is None:
            return self._backoff(attempt)
        return asked if asked <= self._patience.longest_wait_s else None

    def _backoff(self, attempt: int) -> float:
        longest = min(self._patience.longest_wait_s, self._patience.backoff_s * 2.0 ** (attempt - 1))
        return longest * random.uniform(0.5, 1.0)

    def _unreachable(self, error: Exception) -> StudentError:
        import httpx

        if isinstance(error, httpx.ReadTimeout):
            return StudentError(f"{self.base} gave no answer within {self._patience.read_s:g} s")
        if isinstance(error, httpx.ConnectTimeout):
            return StudentError(f"{self.base} cannot be reached within {self._patience.connect_s:g} s")
        reason = self.line(error) or type(error).__name__
        return StudentError(
            f"{self.base} cannot be reached: {reason}; start the server or check student.model"
        )

    def line(self, text: object) -> str:
        """Foreign text as one short line without the key."""
        shown = " ".join(str(text or "").split())
        if self._key:
            shown = shown.replace(self._key, "[key]")
        return shown if len(shown) <= 300 else shown[:299] + "…"

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        client, self._client = self._client, None
        if client:
            await client.aclose()
