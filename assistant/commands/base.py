"""The seam of slash commands: one registry, any interface.

A command never draws. It calls the chat, and asks the interface for the few things below.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from assistant.agent.chat import Chat

Severity = Literal["information", "warning", "error"]


class Interface(Protocol):
    """What a command may ask of the interface that runs it."""

    def show(self, markdown: str) -> None:
        """Put a block of Markdown into the transcript."""

    def notify(self, text: str, severity: Severity = "information") -> None:
        """Say one line."""

    def note(self, text: str) -> None:
        """Leave a quiet line in the transcript: something was changed."""

    def working(self, label: str) -> None:
        """Say what the command waits for, until it ends or Esc interrupts it."""

    async def open_panel(self, name: str) -> bool:
        """Open ``help``, ``sessions``, ``decisions``, ``why``...; False where there is no such panel."""

    async def pick(self, title: str, choices: Sequence[tuple[str, str]]) -> str | None:
        """Let the person choose one of ``(value, label)``; None where dismissed."""

    async def session_changed(self) -> None:
        """Redraw the transcript from the chat's session."""

    def exit(self) -> None:
        """Leave the program."""


@dataclass(frozen=True)
class CommandContext:
    chat: "Chat"
    interface: Interface


@dataclass(frozen=True)
class Command:
    """A slash command. ``complete`` proposes values for the argument typed so far."""

    name: str
    summary: str
    run: Callable[[CommandContext, str], Awaitable[None]]
    usage: str = ""
    aliases: tuple[str, ...] = ()
    complete: Callable[[CommandContext, str], Sequence[str]] | None = None
