"""A proxy on a unix socket, the only way out of a sandbox that has a list of domains.

Invariant: everything is refused but a connection to a listed domain, at ports 80 and 443, at a public address
that was checked. A redirect is a new request, and so checked as any other. Covered: addresses instead of
names, private networks, names that change their address, slow and endless heads, too many connections.
Not covered: what is said inside of TLS, which is not opened.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from sandbox.egress.addresses import Resolve, addresses, is_public, permits
from sandbox.egress.requests import MOST_BYTES, Refused, Wanted, read_request
from sandbox.scratch import Scratch

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[str, int], Awaitable[Streams]]

PORTS = frozenset({80, 443})
_SECONDS_TO_ASK = 10.0
_SECONDS_TO_CONNECT = 15.0
_SECONDS_IDLE = 120.0
_AT_ONCE = 64
_CHUNK = 64 << 10
_PHRASES = {400: "Bad Request", 403: "Forbidden", 411: "Length Required", 502: "Bad Gateway", 503: "Busy"}


class EgressProxy:
    """Serves until it is closed. ``refused`` counts the hosts that were asked for in vain."""

    def __init__(
        self, domains: Sequence[str], resolve: Resolve = addresses, dial: Dial = asyncio.open_connection
    ) -> None:
        self._domains = tuple(domains)
        self._resolve = resolve
        self._dial = dial
        self._scratch = Scratch("egress")
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.refused: Counter[str] = Counter()

    @property
    def socket(self) -> Path:
        """Where it listens; the folder around it is this user's alone."""
        return self._scratch.path / "proxy"

    async def start(self) -> None:
        """Listen. Raises OSError."""
        self._server = await asyncio.start_unix_server(self._accept, self.socket, limit=MOST_BYTES)
        # The user inside a sandbox may be another; the folder keeps all others of this machine out.
        self.socket.chmod(0o666)

    async def close(self) -> None:
        """End every connection, and be gone. Safe to call twice."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._scratch.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._serving) > _AT_ONCE:
                raise Refused(503, f"more than {_AT_ONCE} connections at once")
            wanted = await _asked(reader)
            far_reader, far_writer = await self._reach(wanted)
            try:
                await _joined(wanted, (reader, writer), (far_reader, far_writer))
            finally:
                far_writer.close()
        except Refused as refused:
            writer.write(_refusal(refused))
        except OSError:
            # Either side has gone; there is nobody to tell.
            return
        finally:
            with contextlib.suppress(OSError):
                await asyncio.wait_for(writer.drain(), _SECONDS_TO_ASK)
            writer.close()

    async def _reach(self, wanted: Wanted) -> Streams:
        """A connection to a checked address of what is wanted. Raises Refused."""
        if not permits(self._domains, wanted.host):
            self.refused[wanted.host] += 1
            raise Refused(403, f"{wanted.host} is not in the list [sandbox] network")
        if wanted.port not in PORTS:
            raise Refused(403, f"port {wanted.port} is not open, only 80 and 443 are")
        try:
            async with asyncio.timeout(_SECONDS_TO_CONNECT):
                found = await self._resolve(wanted.host, wanted.port)
                if not found or not all(map(is_public, found)):
                    raise Refused(403, f"{wanted.host} leads to an address that is not public")
                return await self._dial(found[0], wanted.port)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise Refused(502, f"{wanted.host} cannot be reached") from error


async def _asked(reader: asyncio.StreamReader) -> Wanted:
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SECONDS_TO_ASK)
    except (asyncio.LimitOverrunError, asyncio.IncompleteReadError, TimeoutError) as error:
        raise Refused(400, "no whole request came") from error
    return read_request(head[:-4])


async def _joined(wanted: Wanted, near: Streams, far: Streams) -> None:
    """Pass on what both sides say: a tunnel to its end, or one request with its answer."""
    if wanted.tunnel:
        near[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        upward = asyncio.ensure_future(_pass_on(near[0], far[1]))
    else:
        far[1].write(wanted.onward)
        upward = asyncio.ensure_future(_pass_on(near[0], far[1], wanted.body))
    try:
        await _pass_on(far[0], near[1])
    finally:
        upward.cancel()
        await asyncio.gather(upward, return_exceptions=True)


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None = None
) -> None:
    """Copy to the end, or ``most`` bytes; a side that is silent for too long ends it."""
    left = most
    while left is None or left > 0:
        async with asyncio.timeout(_SECONDS_IDLE):
            chunk = await reader.read(_CHUNK if left is None else min(left, _CHUNK))
        if not chunk:
            break
        left = None if left is None else left - len(chunk)
        writer.write(chunk)
        await writer.drain()
    if most is None and writer.can_write_eof():
        writer.write_eof()


def _refusal(refused: Refused) -> bytes:
    body = f"{refused}\n".encode()
    phrase = f"{_PHRASES[refused.status]}: {refused}" if refused.status == 403 else _PHRASES[refused.status]
    head = (
        f"HTTP/1.1 {refused.status} {phrase}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    )
    return f"{head}Connection: close\r\n\r\n".encode() + body
