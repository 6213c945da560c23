"""The words that tools, student and loop share: a call, its result, its risk."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Risk(StrEnum):
    """What a call can do to the person's machine; permission modes are defined over it."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    EXECUTE = "execute"
    NETWORK = "network"


@dataclass(frozen=True)
class ToolCall:
    """One tool name with arguments, proposed by the student. ``id`` is unique within a session."""

    id: str
    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ToolResult:
    """What a call did.

    ``text`` is what the student reads (already capped). ``exit_code`` is set by tools that ran a
    program. ``diff`` is the unified diff of a write, for the screen. ``truncated`` says that
    ``text`` is not the whole of it. ``data`` is the structured result of a tool that declares one; where
    ``text`` is empty, the student reads it as JSON.
    """

    success: bool
    text: str
    exit_code: int | None = None
    diff: str = ""
    truncated: bool = False
    execution_time_ms: float = 0.0
    data: Any = None


class ToolError(Exception):
    """A call failed in a way the student can read and act upon: one line, what, where, how to mend."""
