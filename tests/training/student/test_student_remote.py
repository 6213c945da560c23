"""A remote student's decisions over real sockets: calls, answers, thoughts, repairs, cuts, cancelling."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assistant import paths
from assistant.wiring import make_student
from tests.training.student.conftest import talk
from tests.training.student.loopback import (
    Loopback,
    Reply,
    called,
    event,
    raw,
    refuse,
    said,
    silence,
    sse,
    streamed,
)
from tools.calls import ToolCall
from tools.protocol.messages import Conversation, Message, Prompt
from training.events import open_log
from training.student.base import Decision, StudentError
from training.student.local import LocalStudent
from training.student.remote import RemoteStudent
from training.student.remote_messages import ANSWER_NOW
from training.student.settings import StudentSettings

ASK = Message("user", "open a.py")
AT_ONCE_S = 10.0
"""100 ms are promised; a machine under load may take some more to notice."""
READ = ("read_file", {"path": "a.py"})
OBJECT = '{"name": "read_file", "arguments": {"path": "a.py"}}'
BAD = called(("read_file", {"file": "a.py"}))


async def decide(
    server: Loopback, pieces: list[str] | None = None, *, prompt: Prompt | None = None, **options: Any
) -> Decision:
    student = RemoteStudent(StudentSettings(model=server.url))
    try:
        return await student.decide(
            talk(ASK, prompt=prompt), on_text=pieces.append if pieces is not None else None, **options
        )
    finally:
        await student.close()


def made(decision: Decision) -> list[tuple[str, dict[str, Any]]]:
    return [(call.tool, call.arguments) for call in decision.calls]


@pytest.mark.parametrize("model", ["http://127.0.0.1:8080", "https://host.example/v1"])
def test_an_address_as_model_makes_a_remote_student(model: str) -> None:
    assert isinstance(make_student(StudentSettings(model=model)), RemoteStudent)
    assert isinstance(make_student(StudentSettings()), LocalStudent)


@pytest.mark.slow
def test_neither_httpx_nor_openai_is_imported_before_the_first_request() -> None:
    code = (
        "import sys; from assistant.wiring import make_student; "
        "from training.student.settings import StudentSettings; "
        "make_student(StudentSettings(model='http://127.0.0.1:1')); "
        "print([name for name in ('httpx', 'openai', 'jsonschema') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


async def test_native_calls_with_the_text_before_them_as_thought() -> None:
    pieces: list[str] = []
    async with Loopback(called(READ, ("list_files", {}), text=["I read ", "it."])) as server:
        decision = await decide(server, pieces, prompt=Prompt("x", max_calls=4))
    assert made(decision) == [READ, ("list_files", {})]
    assert decision.thought == "I read it."
    assert (decision.answer, decision.confidence, decision.cut) == ("", 0.0, False)
    assert pieces == []


async def test_the_usage_is_the_endpoints() -> None:
    async with Loopback(called(READ)) as server:
        usage = (await decide(server)).usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) == (20, 12, 5)
    assert usage.latency_ms > 0
    assert usage.prefill_tokens_per_s > 0


async def test_an_answer_streams_while_it_comes() -> None:
    heard = asyncio.Event()
    begin = streamed(*(event({"content": one}) for one in ("The first line.\n", "More of it. ")), done=False)
    end = raw(sse([event({"content": "The end."}), event({}, "stop")]))

    async def reply(writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await heard.wait()
        await end(writer)

    async with Loopback(reply) as server:
        student = RemoteStudent(StudentSettings(model=server.url))
        async with asyncio.timeout(30):
            decision = await student.decide(talk(ASK), on_text=lambda _: heard.set())
        await student.close()
    assert decision.answer == "The first line.\nMore of it. The end."


async def test_long_text_before_a_call_was_shown_whole_and_is_the_thought() -> None:
    text = "I will read the file.\nThen I look at each function in it.\n"
    pieces: list[str] = []
    async with Loopback(called(READ, text=[text[:30], text[30:]])) as server:
        decision = await decide(server, pieces)
    assert made(decision) == [READ]
    assert "".join(pieces).strip() == decision.thought == text.strip()


@pytest.mark.parametrize(
    "text",
    ['read_file {"path": "a.py"}', f"```json\n{OBJECT}\n```", f"<tool_call>{OBJECT}</tool_call>"],
)
async def test_G01_a_call_written_as_text_is_a_call_and_not_shown(text: str) -> None:
    pieces: list[str] = []
    async with Loopback(said(*(f"I look.\n{text}"))) as server:
        decision = await decide(server, pieces)
    assert made(decision) == [READ]
    assert decision.thought == "I look."
    assert pieces == []


async def test_reasoning_is_the_thought_and_not_shown() -> None:
    pieces: list[str] = []
    events = [event({"reasoning_content": "Let me "}), event({"reasoning_content": "see."})]
    async with Loopback(streamed(*events, event({"content": "Yes."}), event({}, "stop"))) as server:
        decision = await decide(server, pieces)
    assert (decision.thought, decision.answer, pieces) == ("Let me see.", "Yes.", ["Yes."])


PROBLEMS: list[tuple[Reply, str]] = [
    (called(("launch_rocket", {})), "there is no tool `launch_rocket`"),
    (BAD, "unknown argument `file`"),
    (called(("read_file", {"path": 7})), "`path` must be a string"),
    (called(("read_file", '{"path": "a"')), "not JSON"),
    (called(("read_file", '{"path": "a", "path": "b"}')), "given twice"),
    (called(("read_file", '{"path": NaN}')), "NaN"),
    (called(("read_file", '{"path": ' + "1" * 5000 + "}")), "5000 digits"),
    (called(("read_file", '{"path": ' + "[" * 100_000)), "nested too deeply"),
    (called(("read_file", "[1]")), "not an object"),
    (said('read_file {"path": '), "not closed"),
    (said('<tool_call>{"name": "launch", "arguments": {}}</tool_call>'), "there is no tool `launch`"),
    (said(""), "the reply was empty"),
    (streamed({"choices": []}), "the reply was empty"),
]
NAMES = ["unknown", "argument", "type", "json", "twice", "NaN", "digits", "deep", "list", "written"]
NAMES += ["tagged", "empty", "no choices"]


@pytest.mark.parametrize(("bad", "problem"), PROBLEMS, ids=NAMES)
async def test_G03_G04_G05_G07_J09_what_is_wrong_is_said_once_and_mended(bad: Reply, problem: str) -> None:
    async with Loopback(bad, called(READ)) as server:
        assert made(await decide(server)) == [READ]
        first, second = (request.body["messages"] for request in server.asked)
    assert second[: len(first)] == first
    assert [turn["role"] for turn in second[len(first) :]] == ["assistant", "user"]
    assert problem in second[-1]["content"]


@pytest.mark.parametrize(("bad", "problem"), PROBLEMS, ids=NAMES)
async def test_G03_G04_G05_G07_J09_what_is_wrong_twice_is_one_line(bad: Reply, problem: str) -> None:
    async with Loopback(bad, bad) as server:
        with pytest.raises(StudentError, match=re.escape(problem)) as error:
            await decide(server)
        assert len(server.asked) == 2
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


async def test_a_repair_may_be_an_answer_and_both_are_counted() -> None:
    async with Loopback(BAD, said("I cannot read it.")) as server:
        decision = await decide(server)
    assert decision.answer == "I cannot read it."
    assert decision.usage.prompt_tokens == 40


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (called(("run_shell", '{"command": "rm -rf build'), finish="length"), []),
        (called(("run_shell", '{"command": "rm -rf build"}'), finish="length"), []),
        (called(READ, ("run_shell", '{"command": "rm'), finish="length"), [READ]),
        (said('run_shell {"command": "rm', finish="length"), []),
        (said('run_shell {"command": "rm"}', finish="length"), []),
        (said(f'<tool_call>{OBJECT}</tool_call><tool_call>{{"name": "run', finish="length"), []),
        (said("<think>it goes on", finish="length"), []),
    ],
)
async def test_G02_what_was_cut_is_not_called(reply: Reply, kept: list[Any]) -> None:
    async with Loopback(reply) as server:
        decision = await decide(server)
    assert decision.cut
    assert made(decision) == kept
    assert decision.answer == ""


async def test_G02_an_answer_that_was_cut_says_so() -> None:
    async with Loopback(said("It is", " long", finish="length")) as server:
        decision = await decide(server)
    assert (decision.answer, decision.cut) == ("It is long", True)


async def test_G06_more_calls_than_one_decision_may_make_and_equal_ids() -> None:
    calls = [
        {"index": i, "id": "same", "function": {"name": "git_diff", "arguments": "{}"}} for i in range(9)
    ]
    async with Loopback(streamed(event({"tool_calls": calls}, "tool_calls"))) as server:
        decision = await decide(server, prompt=Prompt("x", max_calls=4))
    ids = [call.id for call in decision.calls]
    assert len(set(ids)) == len(ids) == 4
    assert all(re.fullmatch("[0-9a-z]{9}", one) for one in ids)


async def test_G09_a_forged_observation_is_no_result() -> None:
    async with Loopback(said('read_file {"path": "a.py"}\nObservation: it is empty.\nDone.')) as server:
        decision = await decide(server)
    assert made(decision) == [READ]
    assert decision.answer == decision.thought == ""


@pytest.mark.parametrize("reply", [said("Only words."), called(READ, text=["Only words."])])
async def test_where_only_an_answer_is_allowed_nothing_is_called(reply: Reply) -> None:
    pieces: list[str] = []
    async with Loopback(reply) as server:
        decision = await decide(server, pieces, allowed=["answer"])
    assert decision.answer == "".join(pieces) == "Only words."
    assert decision.calls == ()


async def test_a_call_where_none_is_allowed_is_asked_for_as_text() -> None:
    async with Loopback(called(READ), said("Well.")) as server:
        assert (await decide(server, allowed=["answer"])).answer == "Well."
        assert "no tool can be called" in server.asked[1].body["messages"][-1]["content"]


async def test_an_answer_where_a_call_is_needed_is_asked_for_again() -> None:
    async with Loopback(said("Hm."), called(READ)) as server:
        assert made(await decide(server, allowed=["read_file"])) == [READ]


async def test_a_tool_that_is_not_allowed_is_not_called() -> None:
    async with Loopback(called(("run_shell", {"command": "ls"})), called(READ)) as server:
        assert made(await decide(server, allowed=["read_file", "answer"])) == [READ]


NO_TOOLS = [
    (400, "registry.ollama.ai/library/gemma:2b does not support tools"),
    (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
    (500, "tools param requires --jinja flag"),
    (404, "No endpoints found that support tool use"),
]


@pytest.mark.parametrize(("status", "message"), NO_TOOLS)
async def test_where_native_calls_are_not_supported_they_are_written(status: int, message: str) -> None:
    written = said('read_file {"path": "a.py"}')
    async with Loopback(refuse(status, {"error": {"message": message}}), written, said("Done.")) as server:
        student = RemoteStudent(StudentSettings(model=server.url))
        assert made(await student.decide(talk(ASK))) == [READ]
        first, second = (one.body for one in server.asked)
        assert "tools" in first
        assert not {"tools", "tool_choice", "parallel_tool_calls"} & set(second)
        system = second["messages"][0]["content"]
        assert "run_shell(command)" in system
        assert 'read_file {"path": "setup.py"}' in system
        turns = [ASK, Message("assistant", calls=(ToolCall("c1", *READ),))]
        turns.append(Message("tool", "x = 1", call_id="c1", tool="read_file"))
        decision = await student.decide(talk(*turns), allowed=["answer"])
        await student.close()
    assert decision.answer == "Done."
    last = server.asked[2].body["messages"][-2:]
    assert [turn["role"] for turn in last] == ["assistant", "user"]
    assert last[0]["content"] == 'read_file {"path": "a.py"}'
    assert last[1]["content"] == f"Result:\nx = 1\n\n{ANSWER_NOW}"


async def test_text_that_was_shown_before_an_unusable_call_stands_apart_from_the_repair() -> None:
    pieces: list[str] = []
    text = "I will read the file.\nThen I look at it."
    async with Loopback(called(("launch", {}), text=[text]), said("It is empty.")) as server:
        decision = await decide(server, pieces)
    assert decision.answer == "It is empty."
    assert "".join(pieces) == f"{text}\n\nIt is empty."


@pytest.mark.parametrize("reply", [called(("answer", {"text": "It is 4."})), said("answer\nIt is 4.")])
async def test_answer_called_by_name_is_the_answer(reply: Reply) -> None:
    async with Loopback(reply) as server:
        assert (await decide(server)).answer == "It is 4."


@pytest.mark.parametrize(
    "reply", [silence(), said(*["word "] * 500, pause_s=0.01)], ids=["silent", "talking"]
)
@pytest.mark.parametrize("how", ["cancel", "task", "close"])
async def test_cancelling_is_quick_closes_the_connection_and_leaves_a_student_that_serves(
    reply: Reply, how: str
) -> None:
    async with Loopback(reply, said("Here.")) as server:
        student = RemoteStudent(StudentSettings(model=server.url))
        task = asyncio.create_task(student.decide(talk(ASK)))
        while not server.asked:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        started = time.monotonic()
        if how == "cancel":
            await student.cancel()
        elif how == "close":
            await student.close()
        else:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - started < AT_ONCE_S
        async with asyncio.timeout(10):
            while server.open:
                await asyncio.sleep(0.01)
        assert (await student.decide(talk(ASK))).answer == "Here."
        await student.close()


async def test_cancelling_without_a_decision_is_nothing() -> None:
    async with Loopback(said("Here.")) as server:
        student = RemoteStudent(StudentSettings(model=server.url))
        await student.cancel()
        await student.warm(talk(ASK))
        assert (await student.decide(talk(ASK))).answer == "Here."
        await student.close()
        await student.close()


@pytest.mark.slow
async def test_decisions_asked_for_together_are_made_in_turn() -> None:
    def rule(_body: dict[str, Any]) -> Reply:
        return said("Here.", pause_s=0.02)

    async with Loopback(rule=rule) as server:
        student = RemoteStudent(StudentSettings(model=server.url))
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, server.open)
                await asyncio.sleep(0.005)

        watching = asyncio.create_task(watch())
        answers = await asyncio.gather(*(student.decide(talk(ASK)) for _ in range(3)))
        watching.cancel()
        await student.close()
    assert [one.answer for one in answers] == ["Here."] * 3
    assert most == 1


async def one_shot(folder: Path, *flags: str) -> str:
    """What ``apprentice -p`` prints in ``folder``, over an endpoint that reads the notes and then answers."""
    (folder / "notes.txt").write_text("the answer is 42\n")

    def rule(body: dict[str, Any]) -> Reply:
        results = [turn for turn in body["messages"] if turn["role"] == "tool"]
        if not results:
            return called(("read_file", {"path": "notes.txt"}), text=["I read the notes."])
        return said("The notes say 42." if "42" in results[-1]["content"] else "I do not know.")

    async with Loopback(rule=rule) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "assistant", "-p", "what do the notes say?", "-m", server.url, *flags),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode()


@pytest.mark.slow
async def test_one_shot_over_an_endpoint(tmp_path: Path) -> None:
    result = json.loads(await one_shot(tmp_path, "--json"))
    assert result["answer"] == "The notes say 42."
    steps = [(step["tool"], step["thought"]) for step in result["steps"]]
    assert steps == [("read_file", "I read the notes.")]
    assert result["steps"][0]["outcome"]["success"]
    assert result["student"] == {"model": "tiny", "adapter": ""}
    assert result["usage"] == {"prompt_tokens": 40, "cached_tokens": 24, "completion_tokens": 10}


@pytest.mark.slow
async def test_a_confidence_that_is_not_known_is_neither_said_nor_recorded_as_a_number(
    tmp_path: Path,
) -> None:
    printed = await one_shot(tmp_path, "--output-format", "stream-json")
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["confidence"] for line in lines if line["type"] == "call"] == [None]
    log = open_log(paths.events_dir())
    recorded = [event.data["confidence"] for event in log.read(event_type="AGENT_TOOL_SELECTED")]
    log.close()
    assert recorded == [None, None]


async def test_free_text_is_asked_for_plainly_within_its_limit() -> None:
    async with Loopback(said("A title")) as server:
        student = RemoteStudent(StudentSettings(model=server.url))
        asked = Conversation(Prompt("Write a title."), (), (Message("user", "fix the build"),))
        written = await student.answer(asked, kind="title", limit=12)
        await student.close()
    body = server.asked[0].body
    assert written.text == "A title"
    assert body["max_tokens"] == 12
    assert "tools" not in body
    assert [turn["content"] for turn in body["messages"]] == ["Write a title.", "fix the build"]
