"""Tools and messages in the form of OpenAI's chat completions, read into a conversation's own.

Covered: text, text parts, tool calls and their results. Not covered: images, audio and files, which the
student cannot read: FormError. The system's messages are returned apart, because they are instructions.
"""

from collections.abc import Sequence
from typing import Any

from tools.calls import ToolCall
from tools.foreign_schema import arguments_schema
from tools.protocol.calls import ANSWER, CallFormatError, parse_arguments
from tools.protocol.messages import Message, Signature

Json = dict[str, Any]


class FormError(Exception):
    """Not what the form says: one line, where and what is wrong."""


def read_tools(tools: Any) -> tuple[Signature, ...]:
    """Signatures of ``[{"type": "function", "function": {"name", "description"?, "parameters"?}}]``.

    Raises FormError.
    """
    if not isinstance(tools, list):
        raise FormError(f"`tools` must be a list, not {_kind(tools)}")
    signatures = tuple(_signature(one, f"tools[{index}]") for index, one in enumerate(tools))
    names = [one.name for one in signatures]
    for name in names:
        if names.count(name) > 1:
            raise FormError(f"the tool `{name}` is given twice")
    return signatures


def read_messages(messages: Any) -> tuple[str, tuple[Message, ...]]:
    """The system's text, and the turns. Raises FormError."""
    if not isinstance(messages, list) or not messages:
        raise FormError("`messages` must be a list with at least one message")
    system: list[str] = []
    turns: list[Message] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            raise FormError(f"{where} must be an object, not {_kind(message)}")
        if message.get("role") in ("system", "developer"):
            system.append(_text(message, where))
        else:
            turns.append(_message(message, where, turns))
    return "\n".join(system), tuple(turns)


def _signature(tool: Any, where: str) -> Signature:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict):
        raise FormError(f'{where} must be {{"type": "function", "function": {{...}}}}')
    name = function.get("name")
    if not isinstance(name, str) or not name.strip() or name != name.strip() or "\n" in name:
        raise FormError(f"{where}.function.name must be one word, not {name!r}")
    if name == ANSWER:
        raise FormError(f"{where}: no tool may be named `{ANSWER}`, which is how the student answers")
    described = function.get("description")
    # A signature is one line of the prompt.
    description = " ".join(described.split()) if isinstance(described, str) else ""
    return Signature(name, description, arguments_schema(function.get("parameters")))


def _message(message: Json, where: str, before: Sequence[Message]) -> Message:
    role = message.get("role")
    if role == "user":
        return Message("user", text=_text(message, where))
    if role == "assistant":
        calls = tuple(
            _call(call, f"{where}.tool_calls[{index}]")
            for index, call in enumerate(message.get("tool_calls") or ())
        )
        text = _text(message, where)
        return Message("assistant", calls=calls, thought=text) if calls else Message("assistant", text=text)
    if role == "tool":
        call_id = str(message.get("tool_call_id", ""))
        made = {call.id: call.tool for one in before for call in one.calls}
        if call_id not in made:
            raise FormError(f"{where}: no call before it has the id {call_id!r}")
        return Message("tool", text=_text(message, where), call_id=call_id, tool=made[call_id])
    raise FormError(f"{where}.role must be system, user, assistant or tool, not {role!r}")


def _call(call: Any, where: str) -> ToolCall:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise FormError(f'{where} must be {{"id", "function": {{"name", "arguments"}}}}')
    arguments = function.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = parse_arguments(arguments or "{}")
        except CallFormatError as error:
            raise FormError(f"{where}: {error}") from None
    if not isinstance(arguments, dict):
        raise FormError(f"{where}: the arguments must be an object, not {_kind(arguments)}")
    return ToolCall(str(call.get("id", "")), function["name"], arguments)


def _text(message: Json, where: str) -> str:
    content = message.get("content")
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in parts):
        raise FormError(f"{where}.content must be text")
    return "\n".join(part["text"] for part in parts)


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
