"""The tools that run code, through a whole chat, on each real sandbox."""

import asyncio
import os
import re
from pathlib import Path

from assistant.agent.steps import Confirmation, Observation, Progress
from tests.end_to_end.chats import approve, chatting, never, results, turn
from tests.end_to_end.program import GONE_S, git, leftovers, until
from tests.marks import sleep_mark
from tools.calls import ToolCall
from training.student.base import Decision
from training.student.scripted import answer, call

DONE = answer("done")


async def ran(project: Path, engine: str, *calls: Decision, **flags: object) -> list[str]:
    """The texts of ``calls`` in mode auto."""
    script = [*calls, DONE]
    async with chatting(project, script, sandbox__engine=engine, mode="auto", **flags) as (chat, _):
        assert chat.status().sandbox == engine, chat.status()
        return [result.text for result in results(await turn(chat))]


async def test_a_command_runs_in_the_workspace_and_is_asked_first(project: Path, engine: str) -> None:
    script = [call("run_shell", command="pwd; ls; exit 3"), DONE]
    async with chatting(project, script, sandbox__engine=engine) as (chat, _):
        steps = await turn(chat, "list", approve)
        [asked] = [step for step in steps if isinstance(step, Confirmation)]
        assert engine in asked.where and "no network" in asked.where
        [observed] = [step for step in steps if isinstance(step, Observation)]
        assert observed.confirmed_by == "person"
        assert observed.result.exit_code == 3 and not observed.result.success
        assert f"{project}\nREADME.md\nboats.py\ntests" in observed.result.text
        assert "".join(step.text for step in steps if isinstance(step, Progress)).startswith(str(project))


async def test_python_runs_and_its_errors_are_shown(project: Path, engine: str) -> None:
    good, bad = await ran(
        project,
        engine,
        call("run_python", code="from boats import sails\nprint(sails() * 21)"),
        call("run_python", code="1 / 0"),
    )
    assert "42" in good
    assert "ZeroDivisionError" in bad and "exit code 1" in bad


async def test_unittests_pass_and_fail(project: Path, engine: str) -> None:
    broken = "def sails():\n    return 3\n"
    fine, _, broke = await ran(
        project,
        engine,
        call("run_tests"),
        call("write_file", path="boats.py", content=broken),
        call("run_tests"),
    )
    assert fine.startswith("exit code 0") and "Ran 1 test" in fine
    assert not broke.startswith("exit code 0") and "AssertionError: 3 != 2" in broke


async def test_git_diff_shows_what_a_write_changed(project: Path, engine: str) -> None:
    clean, _, diff = await ran(
        project,
        engine,
        call("git_diff"),
        call("edit_file", path="boats.py", old_text="return 2", new_text="return 4"),
        call("git_diff", path="boats.py"),
    )
    assert "no changes" in clean
    assert "-    return 2\n+    return 4" in diff


async def test_what_was_written_can_be_run(project: Path, engine: str) -> None:
    content = "print('written and', 'run')\n"
    write, run = await ran(
        project,
        engine,
        call("write_file", path="tool.py", content=content),
        call("run_shell", command="python3 tool.py"),
    )
    assert (project / "tool.py").read_text() == content
    assert write == "created" and "written and run" in run
    assert (project / "tool.py").stat().st_uid == os.getuid()


async def test_a_time_out_keeps_what_was_printed_and_ends_everything(project: Path, engine: str) -> None:
    mark = sleep_mark()
    [text] = await ran(
        project,
        engine,
        call("run_shell", command=f"echo before; setsid sleep {mark} & sleep {mark}"),
        sandbox__wall_seconds=10,
    )
    assert (took := re.match(r"stopped after (\d+\.\d) s", text)) and 10 <= float(took[1]) < 60
    assert text.endswith("before")
    until(lambda: not leftovers(mark), GONE_S)


async def test_what_died_in_one_call_takes_no_room_from_the_next(project: Path, engine: str) -> None:
    many = "for number in $(seq 100); do sleep 1000 & done; echo started"
    texts = await ran(
        project,
        engine,
        call("run_shell", command=many),
        call("run_shell", command=f"true; {many}"),
        call("run_shell", command="ls | cat"),
    )
    assert "started" in texts[0] and "started" in texts[1]
    assert "README.md" in texts[2]


async def test_the_network_is_out_of_reach(project: Path, engine: str) -> None:
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(10))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"outside")
        writer.write_eof()
        await reader.read()
        writer.close()
        source = (
            "import socket\n"
            f"for where in (('127.0.0.1', {port}), ('192.0.2.1', 80)):\n"
            "    try:\n        socket.create_connection(where, 3).send(b'inside')\n"
            "    except OSError as error:\n        print('no way', error)\n"
        )
        [text] = await ran(project, engine, call("run_python", code=source))
    assert text.count("no way") == 2
    assert heard == [b"outside"]


async def test_hooks_and_settings_of_git_and_our_own_are_protected(project: Path, engine: str) -> None:
    before = (project / ".git/config").read_bytes()
    texts = await ran(
        project,
        engine,
        call("run_shell", command="echo evil > .git/hooks/pre-commit"),
        call("run_python", code="open('.git/config', 'a').write('[core]\\nfsmonitor = evil\\n')"),
        call("run_shell", command="mv .git .other || rm -rf .git/hooks; git init -q sub; ls -d sub/.git*"),
        call(
            "run_shell", command="mkdir -p .apprentice && echo 'mode = \"auto\"' > .apprentice/settings.toml"
        ),
        call("write_file", path=".git/hooks/pre-commit", content="evil"),
        call("write_file", path=".apprentice/settings.toml", content='mode = "auto"'),
    )
    assert (project / ".git/config").read_bytes() == before
    assert not (project / ".git/hooks/pre-commit").exists()
    assert not (project / "sub/.git").exists() and "set aside" in texts[2]
    assert not (project / ".apprentice").exists()
    git(project, "fsck")


async def test_reads_proposed_together_and_writes_after_them_keep_their_order(
    project: Path, engine: str
) -> None:
    together = Decision(
        calls=(
            ToolCall("a", "read_file", {"path": "README.md"}),
            ToolCall("b", "git_diff", {}),
            ToolCall("c", "run_shell", {"command": "echo one >> order.txt"}),
            ToolCall("d", "run_shell", {"command": "echo two >> order.txt; cat order.txt"}),
        ),
        confidence=0.9,
    )
    texts = await ran(project, engine, together)
    assert len(texts) == 4
    assert "boats" in texts[0] and "one\ntwo" in texts[3]


async def test_the_persons_own_command_runs_there_too_and_the_student_hears_of_it(
    project: Path, engine: str
) -> None:
    async with chatting(project, [DONE], sandbox__engine=engine) as (chat, student):
        assert "README.md" in (await chat.shell("ls")).text
        await turn(chat, "and now?", never)
        assert any("I ran `ls`" in message.text for message in student.conversations[-1].messages)


async def test_a_session_leaves_the_workspace_as_it_was(project: Path, engine: str) -> None:
    def picture() -> dict[str, tuple[int, bytes]]:
        found = {".": (project.stat().st_ino, b"")}
        for path in project.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            found[str(path.relative_to(project))] = (path.stat().st_ino, content)
        return found

    before = picture()
    await ran(
        project, engine, call("run_shell", command="cat README.md"), call("run_python", code="print(1)")
    )
    assert picture() == before


async def test_a_folder_without_git_is_left_as_it_was(tmp_path: Path, engine: str) -> None:
    plain = (tmp_path / "plain").resolve()
    plain.mkdir()
    inode = plain.stat().st_ino
    await ran(plain, engine, call("run_shell", command="rm -rf ../plain .git .apprentice; echo tried"))
    assert plain.stat().st_ino == inode
    assert list(plain.iterdir()) == []
