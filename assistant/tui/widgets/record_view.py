"""The record of one decision: facts beside their names, its events, its longer texts."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from assistant.decision_chain import Chain
from assistant.tui.record_parts import Fact, events, facts, texts


class RecordView(VerticalScroll):
    """Scrolled by the keys of a scroll view. Shows ``chain``, or one line instead."""

    DEFAULT_CSS = """
    RecordView { height: 1fr; scrollbar-size-vertical: 1; }
    RecordView Grid { grid-size: 2; grid-columns: 12 1fr; grid-rows: auto; height: auto; margin-bottom: 1; }
    RecordView .name, RecordView .title { color: $text-muted; }
    RecordView Static { height: auto; }
    RecordView .text { background: $surface; padding: 0 1; margin-bottom: 1; }
    RecordView:ansi .text { background: ansi_default; }
    """

    async def show(self, chain: Chain | None, problem: str = "") -> None:
        """Put this decision in the place of what was shown; ``problem`` is inert text."""
        parts = list(_parts(chain)) if chain is not None else [Static(problem, markup=False)]
        async with self.batch():
            await self.remove_children()
            await self.mount_all(parts)
        self.scroll_home(animate=False)


def _parts(chain: Chain) -> Iterable[Widget]:
    yield _Facts(facts(chain))
    yield Static("Events", classes="title")
    yield _Facts(events(chain))
    for title, text in texts(chain):
        yield Static(title, classes="title")
        yield Static(Content(text), classes="text")


class _Facts(Grid):
    """Names in a narrow column, what is said of them beside."""

    def __init__(self, given: list[Fact]) -> None:
        super().__init__()
        self._given = given

    def compose(self) -> ComposeResult:
        for fact in self._given:
            yield Static(fact.name, classes="name", markup=False)
            yield Static(fact.value)
