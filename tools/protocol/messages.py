"""A conversation as data, before it is rendered for any model."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tools.calls import ToolCall

Role = Literal["user", "assistant", "tool"]


@dataclass(frozen=True)
class Message:
    """One turn.

    user: ``text`` is the request. assistant: ``calls`` made, or ``text`` as the answer (and
    ``thought`` before either). tool: ``text`` is the observation for the call ``call_id`` of the
    tool ``tool``.
    """

    role: Role
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    thought: str = ""
    call_id: str = ""
    tool: str = ""


@dataclass(frozen=True)
class Signature:
    """What the student is told of one tool. ``parameters`` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Conversation:
    """All that the student sees: instructions, the tools on offer (``answer`` among them), the turns."""

    instructions: str
    signatures: tuple[Signature, ...] = ()
    messages: tuple[Message, ...] = field(default=())
