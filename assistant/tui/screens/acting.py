"""A panel in which something is done: one thing at a time, and a line that says how it ended."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from assistant.text_safety import clean_line
from assistant.tui.screens.panel import PanelScreen


class ActingPanel(PanelScreen[None]):
    """Override ``parts`` in the place of ``content``, and ``look`` to read anew what is shown."""

    PROBLEMS: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    """What may keep a thing from being done; anything else is a defect."""

    def __init__(self, title: str, hint: str) -> None:
        super().__init__(title, hint)
        self.add_class("wide")
        self._acting = False

    def parts(self) -> ComposeResult:
        """What stands above the line."""
        yield from ()

    def content(self) -> ComposeResult:
        yield from self.parts()
        yield Static(id="said", markup=False)

    async def look(self) -> None:
        """Read and draw anew."""

    def words_of(self, problem: Exception) -> str:
        """What is said of it."""
        return str(problem)

    @work(group="do")
    async def do(self, what: Callable[[], Awaitable[object]], said: str = "") -> None:
        """Do it, and say ``said``, else what it returned, or why it was not done."""
        if self._acting:
            self.say("one thing at a time: the last is not done yet")
            return
        self._acting = True
        self.say("…")
        try:
            done = await what()
            self.say(said or str(done), "done")
        except self.PROBLEMS as problem:
            self.say(self.words_of(problem), "problem")
        finally:
            self._acting = False
        await self.look()

    def say(self, text: str, kind: str = "") -> None:
        """``kind`` is empty, ``done`` or ``problem``."""
        if not self.is_mounted:
            return
        line = self.query_one("#said", Static)
        for known in ("done", "problem"):
            line.set_class(kind == known, known)
        line.update(Content(clean_line(text, 400)))
