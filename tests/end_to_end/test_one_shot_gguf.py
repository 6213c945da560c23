"""``apprentice -p`` with the real student: the contract, the log, sessions, pipes, modes, exit codes."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.assistant.test_oneshot import CONTRACT
from tests.end_to_end.program import (
    GONE_S,
    Running,
    apprentice,
    leftovers,
    started,
    streaming,
    students,
    until,
)

pytestmark = [pytest.mark.gguf, pytest.mark.timeout(600)]

REQUEST = "open README.md"


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small student rambles; nothing here is about the length of its turns."""
    monkeypatch.setenv("APPRENTICE_STUDENT__ANSWER_TOKENS", "32")
    monkeypatch.setenv("APPRENTICE_STUDENT__CALL_TOKENS", "96")
    monkeypatch.setenv("APPRENTICE_LOOP__MAX_STEPS", "3")


def asked(project: Path, *arguments: str, codes: tuple[int, ...] = (0,), **given: Any) -> dict[str, Any]:
    done = apprentice(project, *arguments, "--json", **given)
    assert done.returncode in codes, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def decisions(project: Path, *arguments: str) -> list[dict[str, Any]]:
    done = apprentice(project, "decisions", "list", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def events(private_home: Path) -> list[dict[str, Any]]:
    """The log as a reader of its own sees it, in order."""
    from training.events import open_log

    log = open_log(str(private_home / "data/apprentice/events"), create=False)
    try:
        return [vars(event) for event in log.read()]
    finally:
        log.close()


def stopped_in_the_middle(project: Path, running: Running) -> bool:
    """Stop the student after the first call; False where the turn was over before."""
    assert running.until_type("observation"), running.seen
    for pid in students(running.mark):
        os.kill(pid, signal.SIGSTOP)
        return True
    return False


def test_the_object_of_the_contract_and_the_log_behind_it(project: Path, private_home: Path) -> None:
    before = time.time()
    result = asked(project, "-p", REQUEST)
    jsonschema.validate(result, CONTRACT)
    assert result["student"] == {"model": "SmolLM2-135M-Instruct", "adapter": "smollm2-135m-tools"}
    assert result["usage"]["prompt_tokens"] > 0
    assert 0 < result["elapsed_ms"] < (time.time() - before) * 1000
    [first, *_] = result["steps"]
    assert first["tool"] == "read_file" and first["arguments"]["path"] == "README.md"
    assert "A project about boats." in first["outcome"]["result"]
    assert first["confirmed_by"] == "mode"

    log = events(private_home)
    kinds = [str(event["event_type"]) for event in log]
    assert kinds[:2] == ["AGENT_TOOL_SELECTED", "AGENT_TOOL_COMPLETED"]
    assert {event["correlation_id"] for event in log} == {result["session_id"]}
    selected, completed = log[0], log[1]
    assert selected["event_id"] == completed["causation_id"] == first["event_id"]
    assert selected["data"]["context"]["request"] == REQUEST
    assert "read_file" in {tool["name"] for tool in selected["data"]["tools_available"]}
    assert apprentice(project, "decisions", "verify").stdout.strip() == f"{len(log)} events, all whole"


def test_continue_goes_on_with_the_session(project: Path) -> None:
    first = asked(project, "-p", REQUEST, "--sandbox", "off")
    again = asked(project, "-c", "-p", "hello", "--sandbox", "off")
    new = asked(project, "-p", "hello", "--sandbox", "off")
    assert again["session_id"] == first["session_id"] != new["session_id"]
    [row] = [
        row
        for row in json.loads(apprentice(project, "sessions", "list", "--once", "--json").stdout)
        if row["id"] == first["session_id"]
    ]
    assert row["turns"] == 2


def test_what_is_piped_in_reaches_the_student(project: Path) -> None:
    result = asked(project, "-p", "what is the error?", "--sandbox", "off", stdin="ZeroDivisionError: x\n")
    newest = decisions(project, "--session", result["session_id"])[0]
    assert "ZeroDivisionError: x" in newest["context"]["request"]


def test_the_request_itself_may_be_piped_in(project: Path) -> None:
    result = asked(project, "-p", "-", "--sandbox", "off", stdin=REQUEST)
    assert decisions(project, "--session", result["session_id"])[0]["context"]["request"] == REQUEST


@pytest.mark.parametrize(
    "request_", ["create hello.txt with the text hi", "run the tests", "delete README.md"]
)
def test_plan_mode_changes_nothing(project: Path, request_: str) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    result = asked(project, "--mode", "plan", "-p", request_, "--sandbox", "off", codes=(0, 3))
    reading = {"read_file", "list_files", "search_files", "git_diff", "search_docs"}
    for step in result["steps"]:
        assert step["tool"] in reading or step["confirmed_by"] == "denied"
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_stream_json_keeps_the_order_of_the_turn(project: Path) -> None:
    with started(streaming(project, "--sandbox", "off", "-p", REQUEST), project) as running:
        assert running.end() == 0
        kinds = [one["type"] for one in running.seen]
        assert kinds[:2] == ["call", "observation"]
        assert kinds[-2:] == ["answer", "result"]
        text = "".join(one["text"] for one in running.seen if one["type"] == "text")
        assert running.seen[-2]["text"].strip() == running.seen[-1]["answer"].strip()
        # What the host says in the place of the student comes whole, as the answer alone.
        assert text.strip() in ("", running.seen[-1]["answer"].strip())
        calls = [one["event_id"] for one in running.seen if one["type"] == "call"]
        observed = [one["event_id"] for one in running.seen if one["type"] == "observation"]
        assert calls == observed == [step["event_id"] for step in running.seen[-1]["steps"]]


def test_a_failure_exits_with_1_and_one_line(project: Path) -> None:
    done = apprentice(project, "-m", str(project / "missing.gguf"), "-p", "hello", "--sandbox", "off")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "missing.gguf" in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "wrong", [["--mode", "never", "-p", "hello"], ["-p", ""], ["-p", "x", "-c", "-r", "y"]]
)
def test_wrong_usage_exits_with_2(project: Path, wrong: list[str]) -> None:
    done = apprentice(project, *wrong)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr


def test_interrupt_in_the_middle_exits_with_130_also_where_the_student_hangs(project: Path) -> None:
    for _ in range(5):
        with started(streaming(project, "--sandbox", "off", "-p", REQUEST), project) as running:
            if not stopped_in_the_middle(project, running):
                continue
            running.process.send_signal(signal.SIGINT)
            assert running.end() == 130
            assert running.seen[-1]["type"] == "result" and running.seen[-1]["error"]
            assert [step["tool"] for step in running.seen[-1]["steps"]] == ["read_file"]
            assert leftovers(running.mark) == []
            break
    else:
        pytest.fail("every turn was over before it could be interrupted")
    again = asked(project, "-c", "-p", "hello", "--sandbox", "off")
    assert again["session_id"] == running.seen[-1]["session_id"]


def test_kill_9_takes_the_student_along_and_the_session_goes_on(project: Path) -> None:
    for _ in range(5):
        with started(streaming(project, "--sandbox", "off", "-p", REQUEST), project) as running:
            if not stopped_in_the_middle(project, running):
                continue
            running.kill()
            for pid in students(running.mark):
                os.kill(pid, signal.SIGCONT)
            until(lambda: not leftovers(running.mark), GONE_S)
            break
    else:
        pytest.fail("every turn was over before it could be killed")
    assert apprentice(project, "decisions", "verify").returncode == 0
    again = asked(project, "-c", "-p", "hello", "--sandbox", "off")
    rows = decisions(project, "--session", again["session_id"])
    assert [row["tool_selected"] for row in rows].count("read_file") == 1
    assert rows[-1]["event_id"] == running.seen[0]["event_id"]
