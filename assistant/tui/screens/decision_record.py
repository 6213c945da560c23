"""One decision, whole: what was chosen and from what, what came of it, what was said of it, its cause."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Static

from assistant.commands.decisions import find_decision
from assistant.text_safety import clean
from assistant.tui.decision_text import record_text
from assistant.tui.formatting import renders_as_markdown, whole
from assistant.tui.review_actions import correct, rate
from assistant.tui.reviewing import Reviewer, Row
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.answer_block import SafeMarkdown
from training.events.base import EventLog, EventLogError


class RecordScreen(PanelScreen[None]):
    """``changed`` is told the row after each review that is given here."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "decisions.tcss"]
    AUTO_FOCUS = "#panel-body"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "close", "Close", show=False),
        Binding("g", "rate('good')", "Good", show=False),
        Binding("b", "rate('bad')", "Bad", show=False),
        Binding("c", "correct", "Correct", show=False),
    ]

    def __init__(
        self, event_id: str, log: EventLog, reviewer: Reviewer, changed: Callable[[Row], None]
    ) -> None:
        super().__init__(
            f"Decision {event_id[:8]}", "Up Down scroll · g good · b bad · c correct · Esc closes"
        )
        self.add_class("decisions")
        self._event_id = event_id
        self._log = log
        self._reviewer = reviewer
        self._changed = changed

    def content(self) -> ComposeResult:
        yield VerticalScroll(id="panel-body")

    def on_mount(self) -> None:
        self._show()

    @work(exclusive=True, group="record")
    async def _show(self) -> None:
        try:
            text = await asyncio.to_thread(_text, self._log, self._event_id)
        except EventLogError as error:
            text = clean(str(error))
        body = self.query_one("#panel-body", VerticalScroll)
        async with self.batch():
            await body.remove_children()
            await body.mount(
                SafeMarkdown(clean(text)) if renders_as_markdown(text) else Static(Content(whole(text)))
            )

    @work(exclusive=True, group="review")
    async def action_rate(self, verdict: str) -> None:
        self._reviewed(await rate(self, self._reviewer, self._event_id, verdict))

    @work(exclusive=True, group="review")
    async def action_correct(self) -> None:
        self._reviewed(await correct(self, self._reviewer, self._event_id))

    def _reviewed(self, row: Row | None) -> None:
        if row is not None:
            self._changed(row)
            self._show()


def _text(log: EventLog, event_id: str) -> str:
    """The record as Markdown; a line that says so where the log does not hold it."""
    row = find_decision(log, event_id)
    if row is None:
        return f"The log holds no decision {event_id}."
    events = list(log.read(aggregate_id=event_id))
    cause = log.get(events[0].causation_id) if events and events[0].causation_id else None
    return record_text(row, events, cause)
