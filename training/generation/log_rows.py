"""What a row of the decision log says as a conversation and as signatures.

Invariant: what a row does not hold whole is not made up: then there is None, or nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message, Signature, message_from_dict
from tools.registry import builtin_signatures

Row = Mapping[str, Any]


def conversation_of(row: Row) -> tuple[Message, ...] | None:
    """The turn up to the decision: the request, and the calls and observations after it."""
    context = row.get("context")
    if not isinstance(context, Mapping):
        return None
    request, turn = context.get("request"), context.get("turn")
    if isinstance(turn, list) and turn:
        try:
            messages = tuple(message_from_dict(one) for one in turn)
        except (KeyError, TypeError, AttributeError):
            return None
        return messages if messages[0].role == "user" and messages[0].text.strip() else None
    return (Message("user", text=request),) if isinstance(request, str) and request.strip() else None


def signatures_of(row: Row) -> tuple[Signature, ...]:
    """Those that were logged whole, and built-in ones by their name; without ``answer``, which is no tool."""
    tools = row.get("tools_available")
    return tuple(_signatures(tools if isinstance(tools, list) else ()))


def _signatures(tools: Any) -> Iterator[Signature]:
    known = builtin_signatures()
    for tool in tools:
        name = tool.get("name") if isinstance(tool, Mapping) else None
        if isinstance(name, str) and name in known and name != ANSWER and not tool.get("parameters"):
            yield known[name]
            continue
        parameters = tool.get("parameters") if isinstance(tool, Mapping) else None
        if isinstance(parameters, dict) and name not in (None, ANSWER):
            yield Signature(str(name), str(tool.get("description") or ""), parameters)


def chosen_by(row: Row) -> tuple[tuple[ToolCall, ...], str]:
    """The call, or none and the answer."""
    tool, arguments = str(row.get("tool_selected") or ""), row.get("tool_parameters")
    arguments = dict(arguments) if isinstance(arguments, Mapping) else {}
    if tool == ANSWER:
        return (), str(arguments.get("text") or "")
    return (ToolCall("c0", tool, arguments),), ""
