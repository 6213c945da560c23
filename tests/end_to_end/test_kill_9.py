"""kill -9 in the middle of a turn: what is on disk, what still runs, and what the next start makes of it."""

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pexpect
import pytest

from assistant.agent.session_records import INTERRUPTED
from tests.end_to_end.chats import chatting, turn
from tests.end_to_end.program import (
    GONE_S,
    LIMIT_S,
    apprentice,
    environment,
    leftovers,
    started,
    until,
)
from tests.marks import sleep_mark
from tools.protocol.messages import Message
from training.student.scripted import answer

SLEEP = sleep_mark()
REQUEST = "do it"


def scripted(interface: str, project: Path, *script: dict[str, str]) -> list[str]:
    student = json.dumps(script) if script else "talk"
    program = [sys.executable, "-P", "-m", "tests.end_to_end.scripted_program"]
    return [*program, interface, str(project), student, REQUEST]


def rows(project: Path) -> list[dict[str, Any]]:
    verified = apprentice(project, "decisions", "verify")
    assert verified.returncode == 0 and "all whole" in verified.stdout, verified
    found: list[dict[str, Any]] = json.loads(apprentice(project, "decisions", "list", "--json").stdout)
    return found


def session_of(project: Path) -> str:
    """The id of the session of the program that was killed, which ``-p`` made."""
    listed = apprentice(project, "sessions", "list", "--once", "--json")
    [row] = json.loads(listed.stdout)
    return str(row["id"])


async def after_it(project: Path) -> list[Message]:
    """Go on with the session; what the student is shown of it."""
    key = session_of(project)
    async with chatting(project, [answer("here again")], key, sandbox__engine="off") as (chat, student):
        await turn(chat, "go on")
    return list(student.conversations[-1].messages)


@pytest.mark.slow
def test_the_scripted_program_runs_to_its_end(project: Path) -> None:
    with started(scripted("once", project, {"answer": "fine"}), project) as running:
        assert running.end() == 0
        assert running.seen[-1]["answer"] == "fine"


@pytest.mark.slow
async def test_while_the_student_answers(project: Path) -> None:
    with started(scripted("once", project), project) as running:
        assert running.until_type("text")
        running.kill()
        until(lambda: not leftovers(running.mark), GONE_S)
    assert rows(project) == []
    said = await after_it(project)
    assert [message.text for message in said if message.role == "user"][-2:] == [REQUEST, "go on"]


@pytest.mark.pty
async def test_while_a_confirmation_waits(project: Path) -> None:
    command = scripted("once", project, {"tool": "run_shell", "command": "touch ran"})
    mark = uuid.uuid4().hex
    child = pexpect.spawn(
        command[0],
        command[1:],
        cwd=str(project),
        env=environment(mark),
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    try:
        child.expect("touch ran")
        child.expect(r"\[y")
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        until(lambda: not leftovers(mark), GONE_S)
    finally:
        child.close(force=True)
    [row] = rows(project)
    assert row["tool_selected"] == "run_shell" and row["outcome"] is None and row["review"] is None
    said = await after_it(project)
    assert [message.text for message in said if message.role == "tool"] == [INTERRUPTED]
    assert not (project / "ran").exists()


async def test_I16_while_a_command_runs(project: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPRENTICE_SANDBOX__ENGINE", engine)
    monkeypatch.setenv("APPRENTICE_MODE", "auto")
    shell = {"tool": "run_shell", "command": f"echo once >> ran; setsid sleep {SLEEP} & sleep {SLEEP}"}
    with started(scripted("once", project, shell), project) as running:
        until(lambda: len(sleeping()) == 2)
        running.kill()
        if engine == "bubblewrap":
            until(lambda: not sleeping() and not leftovers(running.mark), GONE_S)
    [row] = rows(project)
    assert row["tool_selected"] == "run_shell" and row["outcome"] is None
    monkeypatch.delenv("APPRENTICE_SANDBOX__ENGINE")
    key = session_of(project)
    async with chatting(project, [answer("here again")], key, sandbox__engine=engine) as (chat, student):
        until(lambda: not sleeping(), GONE_S)  # a container that a dead session left ends with the next start
        await turn(chat, "go on")
    said = student.conversations[-1].messages
    assert [message.text for message in said if message.role == "tool"] == [INTERRUPTED]
    assert (project / "ran").read_text() == "once\n"
    status = subprocess.run(["git", "-C", str(project), "status", "--short"], capture_output=True, text=True)
    assert status.stdout == "?? ran\n"


def sleeping() -> list[int]:
    """The two sleeping processes themselves, not the shells whose arguments name them."""
    return [pid for pid in leftovers(SLEEP) if _program(pid) == "sleep"]


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
