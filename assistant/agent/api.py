"""What an interface may ask of a chat, and the facts it shows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from assistant.agent.steps import Step
from tools.calls import ToolResult


@dataclass(frozen=True)
class Status:
    """The facts of the status line. ``student_notice`` says why the window is not all that the model has.

    ``*_state`` is ``starting``, ``ready`` or ``off``. ``cached_share`` is 0..1 of the last prompt;
    ``tokens_per_s`` the last decode speed; ``context_*`` are tokens.
    """

    mode: str
    student: str
    student_state: str
    sandbox: str
    sandbox_state: str
    workspace: str
    session_id: str
    session_title: str = ""
    context_used: int = 0
    context_limit: int = 0
    cached_share: float = 0.0
    tokens_per_s: float = 0.0
    student_notice: str = ""
    busy: bool = False


class ChatApi(Protocol):
    """The seam between the interfaces and everything behind them."""

    def notices(self) -> tuple[str, ...]:
        """What the person should know before the first turn, a line each."""

    async def start(self) -> None:
        """Load the student and prove a sandbox, both in the background of the interface's first paint."""

    def ask(self, request: str) -> AsyncIterator[Step]:
        """One turn. Closing the iterator, or ``cancel``, leaves the session valid."""

    async def cancel(self) -> None: ...

    async def shell(self, command: str) -> ToolResult:
        """The person's own ``!command``, in the sandbox, remembered as context for the next request."""

    def status(self) -> Status: ...

    def set_mode(self, mode: str) -> None: ...

    async def close(self) -> None: ...
