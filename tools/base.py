"""The tool contract: a signature, a risk, a time-out, and a function that runs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sandbox.base import Limits, Sandbox
from tools.calls import Risk, ToolResult
from tools.settings import ToolSettings


class Reads(Protocol):
    """Remembers what the student has seen of a file, so that a stale write can be refused."""

    def saw(self, path: Path, content: bytes) -> None: ...

    def changed_since_seen(self, path: Path, content: bytes) -> bool: ...

    def seen(self, path: Path) -> bytes | None:
        """What was seen, or None where it was never read or too large to keep."""


@dataclass(frozen=True)
class Preview:
    """What a write would do, as it was shown to the user: the diff, and the file that it starts from.

    ``file`` is its path from the workspace, links followed; ``before`` is what it held, None where there was
    none.
    """

    diff: str = ""
    file: str = ""
    before: bytes | None = None


@dataclass
class ToolContext:
    """What a tool may use while it runs.

    ``workspace`` is resolved and absolute. ``sandbox`` is None where none was proven: execute tools
    are then refused with ``sandbox_problem``, one line that names the fix. ``network`` are the domains that
    may be reached where it is not empty; where it is, the person is asked for each host. ``shown`` is what
    the user agreed to, if they were asked: a write over anything else is refused.
    """

    workspace: Path
    sandbox: Sandbox | None = None
    sandbox_problem: str = ""
    limits: Limits = field(default_factory=Limits)
    reads: Reads | None = None
    settings: ToolSettings = field(default_factory=ToolSettings)
    network: tuple[str, ...] = ()
    on_output: Callable[[str], None] | None = None
    shown: Preview | None = None


class Run(Protocol):
    """A tool's body: arguments as keywords, already validated against the schema."""

    def __call__(self, context: ToolContext, /, **arguments: Any) -> Awaitable[ToolResult]: ...


class Tell(Protocol):
    """One line about a call, without making it. Raises ToolError where the call cannot succeed."""

    def __call__(self, context: ToolContext, /, **arguments: Any) -> str: ...


class MakePreview(Protocol):
    """What a write would do, without doing it. Raises ToolError where the call cannot succeed."""

    def __call__(self, context: ToolContext, /, **arguments: Any) -> Preview: ...


@dataclass(frozen=True)
class Tool:
    """Something the student may call. ``parameters`` is a JSON Schema of type object.

    ``output`` is the JSON Schema of ``ToolResult.data``, where the tool promises one: a result that breaks
    the promise is a failure.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    risk: Risk
    run: Run
    timeout_s: float = 60.0
    preview: MakePreview | None = None
    command: Tell | None = None
    """The program that a call starts where its arguments do not say it, on one line."""
    problem: Tell | None = None
    """What is wrong with a write that could be made, such as that the file would not parse; or empty."""
    output: dict[str, Any] | None = None
