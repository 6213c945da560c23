"""What slash commands may ask of the plain REPL: it prints, and asks by number."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from assistant.agent.facts.record import Facts
from assistant.commands.base import Severity
from assistant.plain.ink import Ink
from assistant.plain.markdown import render
from assistant.plain.steps import facts_line
from assistant.text_safety import clean, clean_line

if TYPE_CHECKING:
    from assistant.agent.sessions import Session

SHOWN_MESSAGES = 6


class PlainInterface:
    """Fulfils ``assistant.commands.base.Interface``. ``left`` turns true when a command ends the program."""

    def __init__(
        self,
        write: Callable[[str], None],
        ink: Ink,
        ask: Callable[[str], Awaitable[str | None]],
        session: "Callable[[], Session]",
    ) -> None:
        self.left = False
        self._write = write
        self._ink = ink
        self._ask = ask
        self._session = session

    def show(self, markdown: str) -> None:
        self._write(render(clean(markdown), self._ink))

    def notify(self, text: str, severity: Severity = "information") -> None:
        paint = {"information": self._ink.dim, "warning": self._ink.warn, "error": self._ink.bad}[severity]
        self._write(paint(text) + "\n")

    def note(self, text: str) -> None:
        self.notify(text)

    def working(self, label: str) -> None:
        self._write(self._ink.dim(f"{label} ...") + "\n")

    async def open_panel(self, name: str) -> bool:
        return False

    async def pick(self, title: str, choices: Sequence[tuple[str, str]]) -> str | None:
        rows = [f"{number:>3}  {clean_line(label)}" for number, (_, label) in enumerate(choices, start=1)]
        self._write("\n".join([self._ink.bold(title), *rows]) + "\n")
        while typed := (await self._ask("number (Enter for none): ") or "").strip():
            if typed.isdecimal() and 1 <= int(typed) <= len(choices):
                return choices[int(typed) - 1][0]
            self.notify(f"type a number from 1 to {len(choices)}", "warning")
        return None

    async def session_changed(self) -> None:
        """Say where the person is: the session and its last messages."""
        session = self._session()
        self._write(self._ink.bold(f"session {session.id}  {session.title}".rstrip()) + "\n")
        for notice in session.notices:
            self.notify(notice, "warning")
        messages = session.messages
        shown = [at for at, one in enumerate(messages) if one.role != "tool" and one.text]
        if len(shown) > SHOWN_MESSAGES:
            self._write(self._ink.dim(f"... {len(shown) - SHOWN_MESSAGES} earlier messages") + "\n")
        request = -1
        for at in shown[-SHOWN_MESSAGES:]:
            spoken = messages[at].role == "user"
            request = at if spoken else request
            self._write(
                (self._ink.bold("> ") if spoken else "") + clean(messages[at].text.rstrip("\n")) + "\n"
            )
            over = at + 1 == len(messages) or messages[at + 1].role == "user"
            if over and (line := facts_line(session.facts.get(request, Facts()))):
                self._write(self._ink.dim(line) + "\n")

    def exit(self) -> None:
        self.left = True
