"""The contract of ``Sandbox``, on every back end."""

import asyncio
from pathlib import Path

import pytest

from sandbox.base import Limits, Mount, SandboxError


async def test_runs_in_the_workspace_at_the_same_path(shell, workspace: Path) -> None:
    done = await shell("pwd; cat main.py")
    assert done.exit_code == 0
    assert done.output == f"{workspace}\nprint('hello')\n"
    assert done.duration_ms > 0


async def test_writes_arrive_outside_with_the_owner_of_the_workspace(shell, workspace: Path) -> None:
    assert (await shell("mkdir d && echo hi > d/f")).exit_code == 0
    assert (workspace / "d/f").read_text() == "hi\n"
    assert (workspace / "d/f").stat().st_uid == workspace.stat().st_uid


@pytest.mark.parametrize(("command", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)])
async def test_exit_codes_are_passed_on(shell, command: str, code: int) -> None:
    done = await shell(command)
    assert done.exit_code == code
    assert not done.timed_out


async def test_unknown_program_is_the_commands_failure(sandbox) -> None:
    done = await sandbox.run(["no-such-program"])
    assert done.exit_code == 127
    assert "no-such-program" in done.output


async def test_arguments_are_passed_exactly(sandbox) -> None:
    arguments = ["", "a b", "$HOME", "`id`", "ünï", "-x", "--", "new\nline", "'\""]
    done = await sandbox.run(["python3", "-c", "import sys; print(sys.argv[1:])", *arguments])
    assert done.output == f"{arguments!r}\n"


async def test_both_streams_in_order(shell) -> None:
    done = await shell("echo one; echo two >&2; echo three; echo four >&2")
    assert done.output == "one\ntwo\nthree\nfour\n"


@pytest.mark.parametrize(
    "stdin", [b"", b"text\n", bytes(range(256)), b"x" * (3 << 20)], ids=["none", "text", "binary", "large"]
)
async def test_stdin_arrives_and_ends(python, stdin: bytes) -> None:
    done = await python(
        "import sys; data = sys.stdin.buffer.read(); print(len(data), sum(data))", stdin=stdin
    )
    assert done.output == f"{len(stdin)} {sum(stdin)}\n"


async def test_stdin_that_nobody_reads_does_not_block(sandbox) -> None:
    done = await sandbox.run(["true"], stdin=b"x" * (3 << 20), limits=Limits(wall_s=100))
    assert done.exit_code == 0


async def test_output_is_heard_while_it_arrives(shell, workspace) -> None:
    heard: list[str] = []

    def hear(text: str) -> None:
        heard.append(text)
        (workspace / "heard").touch()

    done = await shell("echo one; until [ -e heard ]; do sleep 0.05; done; echo two", on_output=hear)
    assert not done.timed_out
    assert "".join(heard) == "one\ntwo\n"


async def test_cancel_kills_the_tree_and_is_raised_again(sandbox, sleepers, mark, none_left) -> None:
    task = asyncio.create_task(sandbox.run(["sh", "-c", f"setsid sleep {mark} & sleep {mark}"]))
    while len(sleepers(mark)) < 3:
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await none_left(mark)
    assert (await sandbox.run(["echo", "still works"])).output == "still works\n"


async def test_calls_asked_at_once_all_end(sandbox) -> None:
    done = await asyncio.gather(*(sandbox.run(["echo", str(number)]) for number in range(8)))
    assert [each.output for each in done] == [f"{number}\n" for number in range(8)]


async def test_nothing_of_one_call_is_seen_by_processes_of_the_next(shell) -> None:
    await shell("setsid sleep 1000 & echo started")
    done = await shell("for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done")
    assert "sleep 1000" not in done.output


async def test_python_git_and_ripgrep_are_there(sandbox) -> None:
    for argv in (
        ["python3", "--version"],
        ["git", "status", "--short"],
        ["rg", "--version"],
        ["sh", "-c", ":"],
    ):
        assert (await sandbox.run(argv)).exit_code == 0, argv


async def test_git_can_commit_but_not_configure(shell) -> None:
    identity = "-c user.name=a -c user.email=a@b"
    assert (await shell(f"git add -A && git {identity} commit -qm x && git log --oneline")).exit_code == 0
    assert (await shell("git config core.fsmonitor ./evil")).exit_code != 0


async def test_memory_maps_and_semaphores_of_python_work(python) -> None:
    source = "import multiprocessing as m\nwith m.Pool(2) as pool: print(pool.map(abs, [-1, -2]))"
    assert (await python(source)).output == "[1, 2]\n"


async def test_environment_of_the_mount_is_set(back_end, make_sandbox, workspace: Path) -> None:
    sandbox = make_sandbox(back_end, Mount(workspace, environment={"GREETING": "hello there"}))
    await sandbox.start()
    try:
        assert (await sandbox.run(["sh", "-c", "echo $GREETING"])).output == "hello there\n"
    finally:
        await sandbox.close()


async def test_close_twice_is_fine_and_calls_after_it_are_refused(sandbox) -> None:
    await sandbox.close()
    await sandbox.close()
    with pytest.raises(SandboxError, match="start"):
        await sandbox.run(["true"])


async def test_close_leaves_no_placeholder(back_end, make_sandbox, plain_folder: Path) -> None:
    sandbox = make_sandbox(back_end, Mount(plain_folder))
    await sandbox.start()
    await sandbox.run(["true"])
    await sandbox.close()
    assert list(plain_folder.iterdir()) == []


async def test_start_refuses_what_is_no_workspace(back_end, make_sandbox) -> None:
    with pytest.raises(SandboxError, match="workspace"):
        await make_sandbox(back_end, Mount(Path("/"))).start()


async def test_command_that_cannot_start_is_not_a_failure_of_the_sandbox(sandbox) -> None:
    assert (await sandbox.run(["echo", "a\0b"])).exit_code == 126
