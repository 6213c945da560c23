"""Tools and messages in OpenAI's form: what is read, and one line for what is not."""

from typing import Any

import pytest

from tools.calls import ToolCall
from tools.protocol.messages import Message, Signature
from tools.protocol.openai_form import FormError, read_messages, read_tools


def function(name: Any = "get_weather", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


def test_a_tool_becomes_a_signature_of_one_line() -> None:
    (tool,) = read_tools(
        [
            function(
                "math.area",
                description="Area of\n  a triangle.",
                parameters={
                    "type": "dict",
                    "properties": {"base": {"type": "float"}},
                    "required": ["base"],
                },
            )
        ]
    )
    assert tool == Signature(
        "math.area",
        "Area of a triangle.",
        {"type": "object", "properties": {"base": {"type": "number"}}, "required": ["base"]},
    )


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ({}, "`tools` must be a list"),
        (["get_weather"], "tools[0] must be"),
        ([{"type": "function"}], "tools[0] must be"),
        ([function(None)], "tools[0].function.name"),
        ([function("two\nlines")], "tools[0].function.name"),
        ([function("answer")], "no tool may be named `answer`"),
        ([function(), function()], "`get_weather` is given twice"),
    ],
)
def test_a_tool_in_another_form_is_named(tools: Any, says: str) -> None:
    with pytest.raises(FormError, match=r"^[^\n]+$") as caught:
        read_tools(tools)
    assert says in str(caught.value)


def test_a_conversation_with_a_call_and_its_result() -> None:
    system, turns = read_messages(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "read"}, {"type": "text", "text": "a.py"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "read_file", "arguments": '{"path": "a.py"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "x = 1"},
            {"role": "assistant", "content": "It sets x."},
        ]
    )
    assert system == "Be brief."
    assert turns == (
        Message("user", text="read\na.py"),
        Message("assistant", calls=(ToolCall("c1", "read_file", {"path": "a.py"}),)),
        Message("tool", text="x = 1", call_id="c1", tool="read_file"),
        Message("assistant", text="It sets x."),
    )


def test_arguments_may_be_an_object() -> None:
    call = {"id": "c1", "function": {"name": "git_diff", "arguments": {}}}
    _, turns = read_messages([{"role": "assistant", "content": "First.", "tool_calls": [call]}])
    assert turns[0] == Message("assistant", calls=(ToolCall("c1", "git_diff", {}),), thought="First.")


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "at least one message"),
        ("hello", "at least one message"),
        (["hello"], "messages[0] must be an object"),
        ([{"role": "robot", "content": "x"}], "messages[0].role"),
        ([{"role": "user", "content": [{"type": "image_url"}]}], "messages[0].content must be text"),
        ([{"role": "tool", "tool_call_id": "c9", "content": "x"}], "has the id 'c9'"),
        ([{"role": "assistant", "tool_calls": [{"id": "c"}]}], "messages[0].tool_calls[0] must be"),
        (
            [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}],
            "messages[0].tool_calls[0]: the arguments are not JSON",
        ),
        (
            [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": [1]}}]}],
            "must be an object, not list",
        ),
    ],
)
def test_a_message_in_another_form_is_named(messages: Any, says: str) -> None:
    with pytest.raises(FormError, match=r"^[^\n]+$") as caught:
        read_messages(messages)
    assert says in str(caught.value)
