"""A list of domains, on every engine: what a call reaches, and that it is all that it reaches."""

import asyncio
import ensurepip
import io
import json
import shutil
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sandbox.base import Mount, Sandbox
from sandbox.canary import prove
from sandbox.egress.networked import NetworkedSandbox
from tests.sandbox.egress.names import Names, proxying, table

MakeSandbox = Callable[[str, Mount], Sandbox]
GET = """
import sys, urllib.request
for address in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(address, timeout=5).read().decode())
    except Exception as error:
        print(type(error).__name__, error)
"""


def package_index() -> dict[str, bytes]:
    """What an index of packages with one package in it answers, by path."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        wheel.writestr("tiny.py", "SAID = 'installed'\n")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    page = b'<html><body><a href="/tiny-1.0-py3-none-any.whl">tiny-1.0-py3-none-any.whl</a></body></html>'

    def answer(kind: str, body: bytes) -> bytes:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"Connection: close\r\n\r\n" + body

    return {
        "/simple/tiny/": answer("text/html", page),
        "/tiny-1.0-py3-none-any.whl": answer("application/octet-stream", content.getvalue()),
    }


@pytest.fixture
def names() -> Names:
    return table()


@pytest.fixture
async def networked(
    back_end: str, workspace: Path, make_sandbox: MakeSandbox, names: Names
) -> AsyncIterator[Sandbox]:
    """A started sandbox with a list; on the other side of the proxy one server says ``hello``."""
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://other.test/\r\nContent-Length: 0\r\n\r\n"
    index = package_index()

    def respond(head: bytes) -> bytes:
        if b"host: moved.test" in head:
            return moved
        return index.get(head.split()[1].decode(), ok)

    async with proxying(names, respond) as proxy:
        made = NetworkedSandbox(lambda mount: make_sandbox(back_end, mount), Mount(workspace), proxy)
        await made.start()
        yield made
        await made.close()


async def test_a_listed_domain_is_reached_and_no_other(networked: Sandbox, names: Names) -> None:
    wanted = ["http://allowed.test/a", "http://other.test/", "http://private.test/", "http://moved.test/"]

    done = await networked.run(["python3", "-c", GET, *wanted])

    refused, hello, other, private, moved = done.output.splitlines()
    assert refused == "[not in the list [sandbox] network: other.test]"
    assert hello == "hello"
    assert "403" in other
    assert "other.test is not in the list" in other
    assert "403" in private
    assert "403" in moved
    assert [port for _, port in names.dialled] == [80, 80]


@pytest.mark.parametrize(
    "source",
    [
        "import socket; socket.create_connection(('93.184.216.34', 80), 3)",
        "import socket; socket.getaddrinfo('allowed.test', 80)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53))",
        "from urllib.request import *; build_opener(ProxyHandler({})).open('http://93.184.216.34/', None, 3)",
    ],
)
async def test_A03_A04_there_is_no_way_beside_the_proxy(networked: Sandbox, source: str) -> None:
    done = await networked.run(["python3", "-c", source])
    assert done.exit_code == 1
    assert "unreachable" in done.output or "resolution" in done.output, done.output


async def test_a_package_is_installed_from_a_listed_index_and_from_no_other(
    networked: Sandbox, workspace: Path
) -> None:
    pip = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    shutil.copyfile(pip, workspace / pip.name)
    options = ["--no-cache-dir", "--disable-pip-version-check", "--retries", "0", "--target", "lib", "tiny"]
    install = ["python3", f"{pip.name}/pip", "install", *options]

    other = await networked.run([*install, "-i", "http://other.test/simple", "--trusted-host", "other.test"])
    listed = ["-i", "http://allowed.test/simple", "--trusted-host", "allowed.test"]
    done = await networked.run([*install, *listed])
    used = await networked.run(
        ["python3", "-c", "import sys; sys.path.append('lib'); import tiny; print(tiny.SAID)"]
    )

    assert other.exit_code != 0
    assert "not in the list [sandbox] network: other.test" in other.output
    assert done.exit_code == 0, done.output
    assert used.output == "installed\n"


async def test_the_canary_holds_with_a_list_as_without(networked: Sandbox, workspace: Path) -> None:
    failed = [check for check in await prove(networked, workspace) if not check.ok]
    assert failed == []


async def test_a_command_is_what_it_is_without_a_list(networked: Sandbox) -> None:
    told = await networked.run(["sh", "-c", "cat; echo done; exit 7"], stdin=b"said\n")
    missing = await networked.run(["no-such-program"])
    variables = await networked.run(["python3", "-c", "import json, os; print(json.dumps(dict(os.environ)))"])

    assert (told.exit_code, told.output) == (7, "said\ndone\n")
    assert missing.exit_code == 127
    assert json.loads(variables.output)["HTTPS_PROXY"] == "http://127.0.0.1:3128"


async def test_A15_nothing_of_the_way_out_outlives_a_call(
    networked: Sandbox, workspace: Path, sleepers: Callable[[str], list[int]]
) -> None:
    for _ in range(3):
        assert (await networked.run(["true"])).exit_code == 0

    def own() -> list[int]:
        """Those that work in this test's folder: a neighbour may have some too."""
        return [pid for pid in sleepers("/run/apprentice-egress") if place_of(pid) == str(workspace)]

    async with asyncio.timeout(60):
        while own():
            await asyncio.sleep(0.02)


def place_of(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""
