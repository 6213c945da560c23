"""Files of cases: what is read, and one line for each line that is wrong."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.evaluation.cases_under_test import WEATHER, line
from tools.calls import ToolCall
from tools.protocol.messages import Message, Prompt
from training.evaluation.cases import Case, CaseFileError, Expected, fingerprint, read_cases


def read(tmp_path: Path, *lines: bytes) -> tuple[Case, ...]:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")
    return read_cases(file)


def problems(tmp_path: Path, *lines: bytes) -> tuple[str, ...]:
    with pytest.raises(CaseFileError) as caught:
        read(tmp_path, *lines)
    return caught.value.problems


def test_a_request_is_a_conversation_of_one_turn_with_the_built_in_tools(tmp_path: Path) -> None:
    (case,) = read(tmp_path, line(tags=["plain"]))
    assert case.messages == (Message("user", text="open a.py"),)
    assert case.expected == (Expected("read_file", {"path": ("a.py",)}),)
    assert (case.request, case.tags, case.rule, case.wants_answer) == ("open a.py", ("plain",), "any", False)
    names = [one.name for one in case.conversation(Prompt("x")).signatures]
    assert len(names) == 13 and names[-1] == "answer"


def test_a_case_may_bring_tools_and_a_conversation_of_its_own(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "weather in Oslo"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "function": {"name": "weather.get", "arguments": {"city": "Oslo"}}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "rain"},
        {"role": "assistant", "content": "It rains."},
        {"role": "user", "content": "and Rome"},
    ]
    right = [{"tool": "weather.get", "arguments": {"city": ["Rome", "Roma"], "days": "*"}}]
    (case,) = read(tmp_path, line(request=None, messages=messages, tools=[WEATHER], expected=right))
    shown = case.conversation(Prompt("x"))
    assert [one.name for one in shown.signatures] == ["weather.get", "answer"]
    assert shown.project == "Be brief."
    assert shown.messages[1].calls == (ToolCall("c", "weather.get", {"city": "Oslo"}),)
    assert case.request == "and Rome"
    assert case.expected[0].arguments == {"city": ("Rome", "Roma"), "days": ("*",)}


def test_an_answer_as_the_only_right_decision_is_known(tmp_path: Path) -> None:
    both = [{"tool": "answer"}, {"tool": "list_files", "arguments": {}}]
    first, second = read(
        tmp_path, line(id="a", expected=both[:1]), line(id="b", expected=both, match="any"), b""
    )
    assert first.wants_answer and not second.wants_answer


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "a case is a JSON object"),
        (line(id=None), "`id` is missing"),
        (line(id=True), "`id` is missing"),
        (line(request=None), "either `request` or `messages`"),
        (line(messages=[]), "either `request` or `messages`"),
        (line(request=" "), "`request` must be a text"),
        (line(request=None, messages=[{"role": "assistant", "content": "x"}]), "the last message"),
        (line(request=None, messages=[{"role": "robot"}]), "messages[0].role"),
        (line(tools=[{}]), "tools[0]"),
        (line(expected=None), "`expected` must be a list"),
        (line(expected=[]), "`expected` must be a list"),
        (line(expected=["read_file"]), "expected[0] must be"),
        (line(expected=[{"tool": "nope"}]), "`nope` is not among the tools"),
        (line(expected=[{"tool": "read_file", "arguments": {"pth": ["a"]}}]), "no argument `pth`"),
        (line(expected=[{"tool": "read_file", "arguments": {"path": "a"}}]), "arguments.path must be"),
        (line(expected=[{"tool": "read_file", "arguments": []}]), "arguments must be an object"),
        (line(tools=[WEATHER]), "`read_file` is not among the tools"),
        (line(tags="x"), "`tags`"),
        (line(match="most"), "`match`"),
    ],
)
def test_a_line_that_is_wrong_is_named_in_one_line(tmp_path: Path, wrong: bytes, says: str) -> None:
    (problem,) = problems(tmp_path, line(id="fine"), b"", wrong)
    assert problem.startswith(f"{tmp_path / 'cases.jsonl'}:3: ")
    assert says in problem and "\n" not in problem


def test_every_wrong_line_is_said_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, b"{", line(), line(), line(request=7))
    assert [one.split(":")[1] for one in found] == ["1", "3", "4"]
    assert "used before" in found[1]


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_a_file_without_cases_is_none(tmp_path: Path, content: bytes) -> None:
    assert "no cases" in problems(tmp_path, content)[0]


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(CaseFileError, match="No such file"):
        read_cases(tmp_path / "none.jsonl")
    with pytest.raises(CaseFileError, match="directory"):
        read_cases(tmp_path)


def test_the_fingerprint_is_of_the_cases_not_of_how_they_are_written(tmp_path: Path) -> None:
    spaced: Any = b"\xef\xbb\xbf" + line().replace(b":", b": ") + b"\r\n\n"
    assert fingerprint(read(tmp_path, line())) == fingerprint(read(tmp_path, spaced))
    assert fingerprint(read(tmp_path, line())) != fingerprint(read(tmp_path, line(request="open b.py")))
