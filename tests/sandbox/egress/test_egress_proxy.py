"""The proxy: what it reaches, and all that it does not."""

import asyncio
import stat

import pytest

from sandbox.egress import proxy as proxies
from tests.sandbox.egress.names import PUBLIC, asked, proxying, table

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.mark.parametrize(
    ("request_", "dialled"),
    [
        (b"GET http://allowed.test/x HTTP/1.1\r\n\r\n", (PUBLIC, 80)),
        (b"GET http://a.below.test/ HTTP/1.1\r\n\r\n", (PUBLIC, 80)),
        (b"CONNECT allowed.test:443 HTTP/1.1\r\n\r\nhello\r\n\r\n", (PUBLIC, 443)),
    ],
)
async def test_a_listed_domain_is_reached(request_: bytes, dialled: tuple[str, int]) -> None:
    names = table()
    async with proxying(names, lambda head: OK) as proxy:
        said = await asked(proxy.socket, request_)
    assert said.endswith(OK)
    assert names.dialled == [dialled]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET http://other.test/ HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT other.test:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT below.test:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 2130706433:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 0x7f.1:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 93.184.216.34:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT allowed.test:22 HTTP/1.1\r\n\r\n", 403),
        (b"GET http://allowed.test:8080/ HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT private.test:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT mixed.test:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT site-local.test:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT translated.test:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT local-translated.test:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT compatible.test:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT nowhere.test:443 HTTP/1.1\r\n\r\n", 502),
        (b"GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n", 400),
        (b"\x16\x03\x01 hello\r\n\r\n", 400),
        (b"GET http://allowed.test/" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n", 400),
    ],
)
async def test_all_else_is_refused_and_nobody_is_called(request_: bytes, status: int) -> None:
    names = table()
    async with proxying(names, lambda head: OK) as proxy:
        said = await asked(proxy.socket, request_)
    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert names.dialled == []


async def test_a_refusal_names_the_host_and_the_list() -> None:
    async with proxying(table(), lambda head: OK) as proxy:
        said = await asked(proxy.socket, b"CONNECT other.test:443 HTTP/1.1\r\n\r\n")
        assert proxy.refused == {"other.test": 1}
    assert b"other.test is not in the list [sandbox] network" in said.splitlines()[0]


async def test_a_name_that_changes_its_address_gains_nothing() -> None:
    names = table()
    async with proxying(names, lambda head: OK) as proxy:
        first = await asked(proxy.socket, b"GET http://rebinds.test/ HTTP/1.1\r\n\r\n")
        second = await asked(proxy.socket, b"GET http://rebinds.test/ HTTP/1.1\r\n\r\n")
    assert first == OK
    assert second.startswith(b"HTTP/1.1 403 ")
    assert names.dialled == [(PUBLIC, 80)], "the address that was checked is the one that is called"


async def test_a_redirect_is_passed_on_and_the_next_request_is_checked() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://other.test/\r\nContent-Length: 0\r\n\r\n"
    names = table()
    async with proxying(names, lambda head: moved) as proxy:
        assert await asked(proxy.socket, b"GET http://moved.test/ HTTP/1.1\r\n\r\n") == moved
        said = await asked(proxy.socket, b"GET http://other.test/ HTTP/1.1\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 403 ")
    assert len(names.dialled) == 1


async def test_L08_a_second_request_does_not_ride_along() -> None:
    heads: list[bytes] = []
    names = table()
    async with proxying(names, lambda head: heads.append(head) or OK) as proxy:  # type: ignore[func-returns-value]
        one = b"GET http://allowed.test/ HTTP/1.1\r\n\r\n"
        assert await asked(proxy.socket, one + b"GET / HTTP/1.1\r\nHost: other.test\r\n\r\n") == OK
    assert len(heads) == 1
    assert b"other.test" not in heads[0]


async def test_a_head_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "_SECONDS_TO_ASK", 0.02)
    async with proxying(table(), lambda head: OK) as proxy:
        assert (await asked(proxy.socket, b"GET http://all")).startswith(b"HTTP/1.1 400 ")


async def test_too_many_connections_are_refused_and_close_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "_AT_ONCE", 2)
    async with proxying(table(), lambda head: OK) as proxy:
        waiting = [await asyncio.open_unix_connection(proxy.socket) for _ in range(2)]
        assert (await asked(proxy.socket, b"")).startswith(b"HTTP/1.1 503 ")
        folder = proxy.socket.parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for reader, writer in waiting:
        await asyncio.wait_for(reader.read(-1), 30)
        writer.close()
    assert not folder.exists()
