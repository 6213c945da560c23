"""One turn without an interface: exit codes, the JSON contract, refusals, interrupts."""

import asyncio
import io
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assistant import oneshot
from assistant.agent.steps import Answer, Failure, Notice, Observation, Progress, TextDelta, Thought, Verdict
from tests.assistant.fake_chat import WAIT, FakeChat, asked, selected, shell_call
from tools.calls import ToolCall, ToolResult
from training.student.base import Usage

STEP = {
    "type": "object",
    "required": ["thought", "tool", "arguments", "outcome", "confirmed_by", "event_id"],
    "additionalProperties": False,
    "properties": {
        "thought": {"type": "string"},
        "tool": {"type": "string"},
        "arguments": {"type": "object"},
        "confirmed_by": {"enum": ["mode", "rule", "person", "refused", "denied"]},
        "event_id": {"type": "string", "minLength": 1},
        "outcome": {
            "type": "object",
            "required": ["success", "result", "execution_time_ms"],
            "additionalProperties": False,
            "properties": {
                "success": {"type": "boolean"},
                "result": {"type": "string"},
                "execution_time_ms": {"type": "number", "minimum": 0},
            },
        },
    },
}
COUNT = {"type": "integer", "minimum": 0}
FACTS = ["ran", "changed", "refused", "failed", "undone", "meanwhile"]
CONTRACT = {
    "type": "object",
    "required": ["session_id", "answer", "steps", "facts", "student", "usage", "elapsed_ms"],
    "additionalProperties": False,
    "properties": {
        "session_id": {"type": "string", "minLength": 1},
        "answer": {"type": "string"},
        "steps": {"type": "array", "items": STEP},
        "facts": {
            "type": "object",
            "required": FACTS,
            "properties": {name: {"type": "array"} for name in FACTS},
            "additionalProperties": False,
        },
        "student": {
            "type": "object",
            "required": ["model", "adapter"],
            "additionalProperties": False,
            "properties": {"model": {"type": "string"}, "adapter": {"type": "string"}},
        },
        "usage": {
            "type": "object",
            "required": ["prompt_tokens", "cached_tokens", "completion_tokens"],
            "additionalProperties": False,
            "properties": {"prompt_tokens": COUNT, "cached_tokens": COUNT, "completion_tokens": COUNT},
        },
        "elapsed_ms": {"type": "number", "minimum": 0},
    },
}
USAGE = Usage(prompt_tokens=900, cached_tokens=800, completion_tokens=40)
READ = ToolCall("c0", "read_file", {"path": "a.py"})


def read_turn() -> list[Any]:
    done = ToolResult(True, "x = 1", execution_time_ms=3.25)
    return [
        Thought("look first"),
        selected(READ, "e0"),
        Progress("c0", "..."),
        Observation(READ, done, "e0", "mode"),
        TextDelta("It is "),
        TextDelta("1."),
        Answer("It is 1.", "e9", USAGE),
    ]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def make_chat(workspace: Path) -> Any:
    def make(*turns: Any) -> FakeChat:
        return FakeChat(workspace, *turns)

    return make


def run(chat: FakeChat, request: str = "what is x?", **options: Any) -> int:
    return oneshot.run(chat.settings, chat.workspace, None, request, chat=chat, **options)


def test_answer_goes_to_stdout_and_progress_to_stderr(make_chat: Any, capsys: Any) -> None:
    chat = make_chat(read_turn())
    assert run(chat) == 0
    out, err = capsys.readouterr()
    assert out == "It is 1.\n"
    assert err.splitlines() == [
        "  thought: look first",
        '> read_file(path="a.py")',
        "  ok, 3 ms: x = 1",
    ]
    assert (chat.started, chat.closed, chat.requests) == (1, 1, ["what is x?"])


def test_json_is_one_object_that_fulfils_the_contract(make_chat: Any, capsys: Any) -> None:
    chat = make_chat(read_turn())
    session_id = chat.session.id
    assert run(chat, output="json") == 0
    result = json.loads(capsys.readouterr().out)
    jsonschema.validate(result, CONTRACT)
    assert result["session_id"] == session_id
    assert result["answer"] == "It is 1."
    assert result["steps"] == [
        {
            "thought": "look first",
            "tool": "read_file",
            "arguments": {"path": "a.py"},
            "outcome": {"success": True, "result": "x = 1", "execution_time_ms": 3.25},
            "confirmed_by": "mode",
            "event_id": "e0",
        }
    ]
    assert result["student"] == {"model": "SmolLM2-135M-Instruct", "adapter": ""}
    assert result["usage"] == {"prompt_tokens": 900, "cached_tokens": 800, "completion_tokens": 40}


def test_keys_stand_in_the_order_of_the_contract(make_chat: Any, capsys: Any) -> None:
    run(make_chat(read_turn()), output="json")
    result = json.loads(capsys.readouterr().out)
    assert list(result) == CONTRACT["required"]
    assert list(result["steps"][0]) == STEP["required"]


def test_stream_json_gives_one_object_per_step_and_the_result_last(make_chat: Any, capsys: Any) -> None:
    assert run(make_chat(read_turn()), output="stream-json") == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [found["type"] for found in objects] == [
        "thought",
        "call",
        "progress",
        "observation",
        "text",
        "text",
        "answer",
        "result",
    ]
    last = objects[-1]
    assert last.pop("type") == "result"
    jsonschema.validate(last, CONTRACT)
    assert objects[1]["event_id"] == objects[3]["event_id"] == "e0"


def test_stream_json_is_flushed_as_it_happens(make_chat: Any, monkeypatch: Any) -> None:
    seen_while_running: list[str] = []

    class Out(io.StringIO):
        flushed = ""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    out = Out()
    monkeypatch.setattr(sys, "stdout", out)

    def look() -> Notice:
        seen_while_running.append(out.flushed)
        return Notice("looked")

    run(make_chat([Thought("first"), look, Answer("a", "e", USAGE)]), output="stream-json")
    assert json.loads(seen_while_running[0]) == {"type": "thought", "text": "first"}


def test_D14_without_a_terminal_what_is_asked_is_refused(make_chat: Any, capsys: Any) -> None:
    call = shell_call("rm x")
    chat = make_chat([selected(call), asked(call), Answer("It was refused.", "e2", USAGE)])
    assert run(chat, output="json") == 3
    [reply] = chat.replies
    assert (reply.verdict, reply.reason) == (Verdict.REFUSED, "no terminal to ask")
    result = json.loads(capsys.readouterr().out)
    jsonschema.validate(result, CONTRACT)
    assert result["steps"][0]["confirmed_by"] == "refused"
    assert result["steps"][0]["outcome"]["success"] is False


@pytest.mark.parametrize(("later", "code"), [("ls", 3), ("rm x", 0)])
def test_a_refused_call_counts_until_the_same_call_passes(make_chat: Any, later: str, code: int) -> None:
    refused, passed = shell_call("rm x"), shell_call(later)
    turn = [
        selected(refused, "e0"),
        asked(refused),
        selected(passed, "e1"),
        Observation(passed, ToolResult(True, ""), "e1", "rule"),
        Answer("done", "e2", USAGE),
    ]
    assert run(make_chat(turn), output="json") == code


def test_refusal_is_said_on_stderr(make_chat: Any, capsys: Any) -> None:
    call = shell_call("rm x")
    run(make_chat([selected(call), asked(call), Answer("no", "e2", USAGE)]))
    assert "  refused: the person refused: no terminal to ask" in capsys.readouterr().err.splitlines()


def test_calls_proposed_together_keep_their_own_outcomes(make_chat: Any, capsys: Any) -> None:
    other = ToolCall("c1", "read_file", {"path": "b.py"})
    turn = [
        Thought("both"),
        selected(READ, "e0"),
        selected(other, "e1"),
        Observation(other, ToolResult(True, "B"), "e1", "rule"),
        Observation(READ, ToolResult(False, "A"), "e0", "mode"),
        selected(READ, "e2"),
        Observation(READ, ToolResult(True, "C"), "e2", "mode"),
        Answer("done", "e9", USAGE),
    ]
    run(make_chat(turn), output="json")
    steps = json.loads(capsys.readouterr().out)["steps"]
    shown = [(s["event_id"], s["thought"], s["outcome"]["result"], s["confirmed_by"]) for s in steps]
    assert shown == [("e0", "both", "A", "mode"), ("e1", "both", "B", "rule"), ("e2", "", "C", "mode")]


def test_failure_exits_1_and_says_why(make_chat: Any, capsys: Any) -> None:
    assert run(make_chat([Failure("the student ended; run apprentice doctor")])) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "  failed: the student ended; run apprentice doctor\n"


def test_failure_in_json_adds_only_the_error(make_chat: Any, capsys: Any) -> None:
    assert run(make_chat([Failure("gone")]), output="json") == 1
    result = json.loads(capsys.readouterr().out)
    assert result.pop("error") == "gone"
    jsonschema.validate(result, CONTRACT)


def test_student_that_does_not_start_is_one_line_and_exit_1(make_chat: Any, capsys: Any) -> None:
    chat = make_chat()
    chat.start_error = "m.gguf: not a GGUF file; give another with -m"
    assert run(chat) == 1
    assert capsys.readouterr().err == "  failed: m.gguf: not a GGUF file; give another with -m\n"
    assert chat.closed == 1


def test_nothing_to_ask_is_wrong_usage(make_chat: Any, capsys: Any) -> None:
    chat = make_chat()
    assert run(chat, "  ", stdin_text="\n") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert chat.started == 0


def test_interrupt_ends_the_turn_with_130_and_closes_the_session(make_chat: Any, capsys: Any) -> None:
    def press_ctrl_c() -> Thought:
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
        return Thought("long")

    chat = make_chat([press_ctrl_c, WAIT])
    assert run(chat, output="json") == 130
    assert (chat.cancelled, chat.closed) == (1, 1)
    assert json.loads(capsys.readouterr().out)["error"] == "interrupted"


def test_interrupt_while_a_call_runs_leaves_its_outcome_open(make_chat: Any, capsys: Any) -> None:
    def press_ctrl_c() -> Notice:
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
        return Notice("running")

    assert run(make_chat([selected(READ, "e0"), press_ctrl_c, WAIT]), output="json") == 130
    [step] = json.loads(capsys.readouterr().out)["steps"]
    assert step["outcome"] is None


def test_interrupt_while_loading_does_not_wait(workspace: Path, capsys: Any) -> None:
    class Loading(FakeChat):
        async def start(self) -> None:
            asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()

    chat = Loading(workspace)
    assert run(chat) == 130
    assert chat.closed == 1
    assert "interrupted" in capsys.readouterr().err


def test_second_interrupt_ends_a_turn_that_ignores_the_first(workspace: Path) -> None:
    class Deaf(FakeChat):
        async def cancel(self) -> None:
            self.cancelled += 1
            asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)

    def press_ctrl_c() -> Thought:
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
        return Thought("long")

    chat = Deaf(workspace, [press_ctrl_c, WAIT])
    assert run(chat) == 130
    assert (chat.cancelled, chat.closed) == (1, 1)


def test_signals_are_back_to_normal_afterwards(make_chat: Any) -> None:
    before = signal.getsignal(signal.SIGINT)
    run(make_chat(read_turn()))
    assert signal.getsignal(signal.SIGINT) is before


def test_E1_model_text_cannot_control_the_terminal(make_chat: Any, capsys: Any) -> None:
    evil = "\x1b]52;c;AAAA\x07\x1b[2Jhello\u202e\x9b31m"
    call = ToolCall("c0", "read_file", {"path": evil})
    turn = [
        Thought(evil),
        selected(call, "e0"),
        Observation(call, ToolResult(False, evil), "e0", "mode"),
        Notice(evil),
        Answer(evil, "e", USAGE),
    ]
    run(make_chat(turn))
    for text in capsys.readouterr():
        assert "hello" in text
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}


@pytest.mark.parametrize("output", ["json", "stream-json"])
def test_E1_json_is_ascii_and_loses_nothing(make_chat: Any, capsys: Any, output: Any) -> None:
    evil = "\x1b[2J\x9b31m\u202e\ud800é"
    run(make_chat([Answer(evil, "e", USAGE)]), output=output)
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x1b" not in out
    assert json.loads(out.splitlines()[-1])["answer"] == evil


def test_E8_no_colour_code_is_written_where_colour_is_refused(make_chat: Any, capsys: Any) -> None:
    run(make_chat(read_turn()))
    assert "\x1b" not in "".join(capsys.readouterr())


def test_E8_answer_survives_an_ascii_stdout(make_chat: Any, monkeypatch: Any) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert run(make_chat([Answer("naïve → ok", "e", USAGE)])) == 0
    assert raw.getvalue() == b"na\\xefve \\u2192 ok\n"


def test_stdin_is_context_and_a_cut_is_said(make_chat: Any, capsys: Any) -> None:
    chat = make_chat([Answer("ok", "e", USAGE)])
    run(chat, "explain", stdin_text="start\n" + "x" * 20_000 + "\nend\n")
    [request] = chat.requests
    assert request.startswith("explain\n\nStandard input:\n```\nstart\n")
    assert request.endswith("\nend\n```")
    assert len(request) < 17_000
    assert "note: of the piped input 16,000 characters are used" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["text", "stream-json"])
def test_broken_pipe_is_quiet(make_chat: Any, monkeypatch: Any, output: Any) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = open(writing, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    monkeypatch.setattr(sys, "stdout", stream)
    chat = make_chat(read_turn())
    assert run(chat, output=output) == 1
    assert chat.closed == 1
    stream.close()


def test_broken_stderr_does_not_cost_the_answer(make_chat: Any, monkeypatch: Any, capsys: Any) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Broken())
    assert run(make_chat(read_turn())) == 0
    assert capsys.readouterr().out == "It is 1.\n"
