"""A world of names on the loopback, for tests of the proxy: who has which address, and who answers there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.egress.proxy import EgressProxy, Streams

PUBLIC = "93.184.216.34"
LISTED = (
    "allowed.test",
    "*.below.test",
    "private.test",
    "mixed.test",
    "nowhere.test",
    "rebinds.test",
    "moved.test",
    "site-local.test",
    "translated.test",
    "local-translated.test",
    "compatible.test",
)


class Names:
    """Resolves from a table; whoever is dialled is a server of this machine."""

    def __init__(self, table: Mapping[str, list[list[str]]]) -> None:
        self._table = {name: list(answers) for name, answers in table.items()}
        self.dialled: list[tuple[str, int]] = []
        self.port = 0

    async def resolve(self, host: str, port: int) -> list[str]:
        """The next answer of the table; the last one stays."""
        answers = self._table.get(host)
        if not answers:
            raise OSError(f"no such name: {host}")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def dial(self, address: str, port: int) -> Streams:
        """A connection to the one server there is."""
        self.dialled.append((address, port))
        return await asyncio.open_connection("127.0.0.1", self.port)


def table() -> Names:
    """Names of the list and beside it."""
    return Names(
        {
            "allowed.test": [[PUBLIC]],
            "a.below.test": [[PUBLIC]],
            "moved.test": [[PUBLIC]],
            "other.test": [[PUBLIC]],
            "private.test": [["10.0.0.1"]],
            "mixed.test": [[PUBLIC, "127.0.0.1"]],
            "site-local.test": [["fec0::1"]],
            "translated.test": [["::ffff:0:93.184.216.34"]],
            "local-translated.test": [["64:ff9b:1::5db8:d822"]],
            "compatible.test": [["::93.184.216.34"]],
            "rebinds.test": [[PUBLIC], ["127.0.0.1"]],
        }
    )


@asynccontextmanager
async def proxying(names: Names, respond: Callable[[bytes], bytes]) -> AsyncIterator[EgressProxy]:
    """A proxy before one server that answers each head it reads, with what ``respond`` says."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(respond(await reader.readuntil(b"\r\n\r\n")))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    names.port = server.sockets[0].getsockname()[1]
    proxy = EgressProxy(LISTED, names.resolve, names.dial)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()
        server.close()


async def asked(socket: Path, request: bytes) -> bytes:
    """Everything that the proxy says to ``request``."""
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(request)
    await writer.drain()
    said = await asyncio.wait_for(reader.read(-1), 10)
    writer.close()
    return said
