"""What stands in for the chat until it is opened, so that the first frame waits for nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from assistant.agent.api import Status
from assistant.agent.facts.record import Facts
from assistant.agent.marks import Marks
from assistant.agent.steps import Failure, Step
from tools.calls import ToolResult
from tools.protocol.messages import Message

NOT_YET = "the program is still opening"


class NoSession:
    """A session without messages."""

    messages: Sequence[Message] = ()
    facts: Mapping[int, Facts] = MappingProxyType({})

    def how_to_resume(self) -> str:
        return ""


class Opening:
    """Fulfils ``TuiChat`` for the moment between the first frame and the chat; it does nothing."""

    def __init__(self, workspace: Path, mode: str, student: str) -> None:
        self.workspace = workspace
        self.session = NoSession()
        self._status = Status(mode, student, "starting", "", "starting", str(workspace), "")

    def notices(self) -> tuple[str, ...]:
        return ()

    async def marks(self) -> Marks:
        return {}

    async def start(self) -> None:
        return

    async def ask(self, request: str) -> AsyncIterator[Step]:
        yield Failure(NOT_YET)

    async def cancel(self) -> None:
        return

    async def shell(self, command: str) -> ToolResult:
        return ToolResult(False, NOT_YET)

    def status(self) -> Status:
        return self._status

    def set_mode(self, mode: str) -> None:
        return

    async def close(self) -> None:
        return
