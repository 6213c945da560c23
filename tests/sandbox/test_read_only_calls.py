"""Calls that only read: nothing can be written, no program comes from the workspace, and no way leads out."""

from pathlib import Path

import pytest

from sandbox.base import Mount, Sandbox
from sandbox.canary import prove
from sandbox.egress.networked import NetworkedSandbox
from sandbox.egress.proxy import EgressProxy
from sandbox.launch import INSIDE_SOCKET
from sandbox.scripted import ScriptedSandbox
from tests.sandbox.unsafe_sandbox import UnsafeSandbox

WRITES = (
    "echo evil > new",
    "echo evil >> main.py",
    "rm -f main.py",
    "mkdir made",
    "mv main.py other.py",
    "ln -s main.py link",
    "chmod 600 main.py",
    "touch main.py",
    "echo evil > .git/index",
    "mkdir .apprentice",
    "mount -o remount,rw . .",
)


async def test_A08_a_reading_call_writes_nothing(workspace: Path, sandbox: Sandbox) -> None:
    before = sorted((str(path), path.lstat().st_mtime_ns) for path in workspace.rglob("*"))
    for command in WRITES:
        done = await sandbox.run(["/bin/sh", "-c", command], read_only=True)
        assert done.exit_code != 0, command
    seen = await sandbox.run(["cat", "main.py"], read_only=True)
    assert seen.output == "print('hello')\n"
    assert sorted((str(path), path.lstat().st_mtime_ns) for path in workspace.rglob("*")) == before


async def test_calls_that_read_and_that_write_take_turns(workspace: Path, sandbox: Sandbox) -> None:
    for number in range(2):
        assert (await sandbox.run(["/bin/sh", "-c", f"echo {number} > made"])).exit_code == 0
        assert (await sandbox.run(["cat", "made"], read_only=True)).output == f"{number}\n"
        assert (await sandbox.run(["rm", "made"], read_only=True)).exit_code != 0


async def test_D07_a_reading_call_takes_no_program_of_the_workspace(
    workspace: Path, back_end: str, make_sandbox
) -> None:
    programs = workspace / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "ls").write_text("#!/bin/sh\necho planted\n")
    (programs / "ls").chmod(0o755)
    sandbox = make_sandbox(back_end, Mount(workspace))
    await sandbox.start()
    assert (await sandbox.run(["ls"])).output == "planted\n"
    assert "main.py" in (await sandbox.run(["ls"], read_only=True)).output
    await sandbox.close()


@pytest.mark.bubblewrap
async def test_A03_a_reading_call_has_no_way_to_the_proxy(workspace: Path, make_sandbox) -> None:
    proxy = EgressProxy(("example.org",))
    sandbox = NetworkedSandbox(lambda mount: make_sandbox("bubblewrap", mount), Mount(workspace), proxy)
    await sandbox.start()
    command = ["/bin/sh", "-c", f"test -e {INSIDE_SOCKET} && echo there; echo $https_proxy"]
    assert (await sandbox.run(command)).output.startswith("there\nhttp://127.0.0.1")
    assert (await sandbox.run(command, read_only=True)).output == "\n"
    await sandbox.close()


async def test_A07_the_canary_catches_reading_calls_that_write(workspace: Path) -> None:
    checks = await prove(UnsafeSandbox(workspace), workspace)
    caught = next(check for check in checks if check.name == "reading calls do not write")
    assert not caught.ok and "written" in caught.detail
    assert not list(workspace.glob(".canary-*"))


async def test_what_stands_around_a_sandbox_passes_the_wish_on(workspace: Path) -> None:
    inner = ScriptedSandbox()
    networked = NetworkedSandbox(lambda _: inner, Mount(workspace), EgressProxy(("example.org",)))
    await networked.run(["ls"], read_only=True)
    assert [(one.argv, one.read_only) for one in inner.asked] == [(("ls",), True)]
