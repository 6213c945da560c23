"""The connection under the SDKs.

Invariant: the key goes to the configured address and nowhere else: no redirect is followed, and a loopback
address is never reached through a proxy. A reply that does not end is left.
"""

import logging
import ssl
from collections.abc import AsyncIterator
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from training.teachers.base import ProviderConfig, TeacherError

if TYPE_CHECKING:
    import httpx2

CONNECT_S = 10.0
LARGEST_REPLY = 32 << 20
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CHATTY = ("anthropic", "openai", "httpx2", "httpcore2")
"""Loggers that would write down requests, and whatever a server echoes."""
_DOWNLOADS = ("/content", "/results")


def address(config: ProviderConfig, usual: str) -> str:
    """Where to ask. Raises TeacherError where it is no address, or one with a password in it."""
    written = config.base_url or usual
    try:
        parts = urlsplit(written)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named:
        raise TeacherError(f"{written!r} is no address: write http://host:port/v1")
    if parts.username or parts.password or parts.query:
        raise TeacherError(f"leave passwords and keys out of the address ({parts.hostname})")
    return written.rstrip("/")


@cache
def _certificates() -> ssl.SSLContext:
    """Loaded once, because that takes longer than a request."""
    return ssl.create_default_context()


def connection(config: ProviderConfig, base_url: str) -> "httpx2.AsyncClient":
    """As many connections as requests may be under way."""
    import httpx2

    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)

    class Bounded(httpx2.AsyncByteStream):
        """A body that is left at LARGEST_REPLY."""

        def __init__(self, inner: httpx2.AsyncByteStream) -> None:
            self._inner = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self._inner:
                size += len(chunk)
                if size > LARGEST_REPLY:
                    raise httpx2.RemoteProtocolError("the reply does not end")
                yield chunk

        async def aclose(self) -> None:
            await self._inner.aclose()

    async def bound(response: httpx2.Response) -> None:
        stream = response.stream
        if isinstance(stream, httpx2.AsyncByteStream) and not response.url.path.endswith(_DOWNLOADS):
            response.stream = Bounded(stream)

    return httpx2.AsyncClient(
        verify=_certificates(),
        follow_redirects=False,
        trust_env=urlsplit(base_url).hostname not in LOOPBACK,
        timeout=httpx2.Timeout(config.timeout_s, connect=min(CONNECT_S, config.timeout_s)),
        limits=httpx2.Limits(
            max_connections=config.concurrency + 2, max_keepalive_connections=config.concurrency + 2
        ),
        event_hooks={"response": [bound]},
    )
