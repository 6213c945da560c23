"""Messages by short names, and a count in which words are tokens."""

from collections.abc import Sequence

from tools.calls import ToolCall
from tools.protocol.messages import Message


def asked(text: str) -> Message:
    return Message("user", text)


def answered(text: str) -> Message:
    return Message("assistant", text)


def called(call_id: str, tool: str, /, **arguments: object) -> Message:
    return Message("assistant", calls=(ToolCall(call_id, tool, dict(arguments)),))


def observed(call_id: str, tool: str, text: str, *, failed: bool = False) -> Message:
    return Message("tool", text, call_id=call_id, tool=tool, failed=failed)


async def counted(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]
