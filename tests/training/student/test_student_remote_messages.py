"""The body of a request: turns, tools, and what narrows them."""

from typing import Any

import pytest

from tests.training.student.conftest import talk
from tools.calls import ToolCall
from tools.protocol.messages import Conversation, Message, Prompt, Signature
from tools.registry import builtin_registry
from training.student.prompt import shipped_prompt
from training.student.remote_messages import NOT_KEPT, PLAIN_ANSWER, messages, request
from training.student.settings import StudentSettings

SETTINGS = StudentSettings(model="http://127.0.0.1:1", answer_tokens=100, call_tokens=300)
PROMPT = Prompt("Be brief.", max_calls=3)
CALL = ToolCall("c1", "read_file", {"path": "ä.py"})
OTHER = ToolCall("c2", "list_files", {})


def body(*turns: Message, allowed: list[str] | None = None, prompt: Prompt = PROMPT) -> dict[str, Any]:
    return request(talk(*turns, prompt=prompt), "tiny", SETTINGS, allowed)


def test_turns_keep_their_roles_and_results_follow_their_calls() -> None:
    turns = messages(
        Conversation(
            PROMPT,
            builtin_registry().signatures(),
            (
                Message("user", "read both"),
                Message("assistant", calls=(CALL, OTHER), thought="I look."),
                Message("tool", "a.py", call_id="c2", tool="list_files"),
                Message("tool", "x = 1", call_id="c1", tool="read_file"),
                Message("assistant", "Done.", thought="enough"),
            ),
            "Use tabs.",
        )
    )
    assert turns[0] == {"role": "system", "content": f"Be brief.\n{PLAIN_ANSWER}\nUse tabs."}
    assert turns[1] == {"role": "user", "content": "read both"}
    assert turns[2]["content"] == "I look."
    assert turns[2]["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "read_file", "arguments": '{"path": "ä.py"}'}},
        {"id": "c2", "type": "function", "function": {"name": "list_files", "arguments": "{}"}},
    ]
    assert turns[3:] == [
        {"role": "tool", "tool_call_id": "c1", "content": "x = 1"},
        {"role": "tool", "tool_call_id": "c2", "content": "a.py"},
        {"role": "assistant", "content": "Done."},
    ]


@pytest.mark.parametrize("name", ["general", "small"])
def test_every_call_has_exactly_one_result_also_in_the_examples(name: str) -> None:
    later = (Message("user", "go"), Message("assistant", calls=(CALL,)), Message("user", "and?"))
    turns = messages(Conversation(shipped_prompt(name), (), later))
    for index, turn in enumerate(turns):
        ids = [call["id"] for call in turn.get("tool_calls", ())]
        following = turns[index + 1 : index + 1 + len(ids)]
        assert [one.get("tool_call_id") for one in following] == ids
    assert sum(turn["role"] == "tool" for turn in turns) == sum(len(t.get("tool_calls", ())) for t in turns)
    assert {"role": "tool", "tool_call_id": "c1", "content": NOT_KEPT} in turns


def test_plain_text_is_asked_for_without_a_word_on_tools() -> None:
    asked = Conversation(PROMPT, (), (Message("user", "hi"),))
    assert messages(asked)[0]["content"] == "Be brief."


def test_a_result_whose_call_is_gone_is_told_by_the_person() -> None:
    turns = messages(Conversation(PROMPT, (), (Message("tool", "x", call_id="gone", tool="read_file"),)))
    assert turns[1:] == [{"role": "user", "content": "Result of read_file:\nx"}]


def test_all_tools_but_answer_are_offered_with_their_schemas() -> None:
    sent = body(Message("user", "hi"))
    registry = builtin_registry()
    assert [one["function"]["name"] for one in sent["tools"]] == list(registry.names())
    for one in sent["tools"]:
        tool = registry.get(one["function"]["name"])
        assert tool is not None
        assert one["function"]["parameters"] == tool.parameters
        assert one["function"]["description"] == tool.description
    assert sent["tool_choice"] == "auto"
    assert sent["parallel_tool_calls"] is True
    assert sent["max_tokens"] == 300
    assert sent["stream"] is True
    assert sent["stream_options"] == {"include_usage": True}


def test_only_an_answer_sends_the_same_prefix_and_forbids_calls() -> None:
    free, bound = body(Message("user", "hi")), body(Message("user", "hi"), allowed=["answer"])
    assert bound["tool_choice"] == "none"
    assert bound["max_tokens"] == 100
    assert (bound["tools"], bound["messages"]) == (free["tools"], free["messages"])


@pytest.mark.parametrize(
    ("allowed", "choice"),
    [(["read_file", "answer"], "auto"), (["read_file"], "required"), (["read_file", "git_diff"], "required")],
)
def test_allowed_narrows_the_tools(allowed: list[str], choice: str) -> None:
    sent = body(Message("user", "hi"), allowed=allowed)
    assert [one["function"]["name"] for one in sent["tools"]] == [one for one in allowed if one != "answer"]
    assert sent["tool_choice"] == choice


def test_without_tools_nothing_is_said_of_them() -> None:
    sent = request(Conversation(PROMPT, (), (Message("user", "hi"),)), "tiny", SETTINGS, None)
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & set(sent)


def test_a_prompt_decides_on_descriptions_and_parallel_calls() -> None:
    sent = body(Message("user", "hi"), prompt=Prompt("x", describe=False, max_calls=1))
    assert all("description" not in one["function"] for one in sent["tools"])
    assert sent["parallel_tool_calls"] is False
    plain = Conversation(PROMPT, (Signature("f", "", {"type": "object"}),), ())
    assert "description" not in request(plain, "m", SETTINGS, None)["tools"][0]["function"]


def test_the_prefix_is_the_same_in_every_turn() -> None:
    first = body(Message("user", "hi"))
    later = body(Message("user", "hi"), Message("assistant", "yes"), Message("user", "more"))
    assert later["messages"][: len(first["messages"])] == first["messages"]
    assert later["tools"] == first["tools"]
