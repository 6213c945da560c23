"""What the application needs of a chat beyond ``ChatApi``, and of the command registry."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from assistant.agent.api import ChatApi
from assistant.agent.facts.record import Facts
from assistant.agent.marks import Marks
from assistant.commands.base import CommandContext
from tools.protocol.messages import Message


class SessionView(Protocol):
    """The session as the transcript reads it."""

    @property
    def messages(self) -> Sequence[Message]: ...

    @property
    def facts(self) -> Mapping[int, Facts]: ...

    def how_to_resume(self) -> str: ...


class TuiChat(ChatApi, Protocol):
    """A chat that a person sits at. The concrete one is ``assistant.agent.chat.Chat``."""

    @property
    def workspace(self) -> Path: ...

    @property
    def session(self) -> SessionView: ...

    async def marks(self) -> Marks:
        """What is known of the session's calls beside the conversation."""


class CommandTable(Protocol):
    """The module ``assistant.commands.registry``, as the application uses it."""

    def complete(self, context: CommandContext, text: str) -> Sequence[tuple[str, str]]: ...

    async def dispatch(self, context: CommandContext, line: str) -> bool: ...


class LazyCommands:
    """The registry, imported when the first slash is typed, so that the first paint does not pay for it."""

    def complete(self, context: CommandContext, text: str) -> Sequence[tuple[str, str]]:
        from assistant.commands import registry

        return registry.complete(context, text)

    async def dispatch(self, context: CommandContext, line: str) -> bool:
        from assistant.commands import registry

        return await registry.dispatch(context, line)
