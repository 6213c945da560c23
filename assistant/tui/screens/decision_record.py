"""One decision, whole: what was chosen and from what, what came of it, what was said of it, its cause."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType

from assistant.correction_text import Wish, wish
from assistant.decision_chain import Chain, decision_of, find_chain
from assistant.reviewing import Reviewer, Row
from assistant.text_safety import clean, clean_line
from assistant.tui.review_actions import correct, rate
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.record_view import RecordView
from training.events.base import EventLog, EventLogError

Step = Callable[[int], str | None]
"""Gives the decision so many places further down the list, or None where there is none."""


class RecordScreen(PanelScreen[None]):
    """``changed`` is told the row after each review that is given here; ``step`` leads through a list."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "decisions.tcss"]
    AUTO_FOCUS = "RecordView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "close", "Close", show=False),
        Binding("g", "rate('good')", "Good", show=False),
        Binding("b", "rate('bad')", "Bad", show=False),
        Binding("c", "correct", "Correct", show=False),
        Binding("n", "step(1)", "Next", show=False),
        Binding("p", "step(-1)", "Previous", show=False),
        Binding("u", "cause", "Cause", show=False),
        Binding("f", "wish('forget')", "Forget", show=False),
        Binding("w", "wish('widen')", "Widen", show=False),
    ]

    def __init__(
        self,
        event_id: str,
        log: EventLog,
        reviewer: Reviewer,
        changed: Callable[[Row], None] = lambda row: None,
        step: Step | None = None,
    ) -> None:
        leads = "n next · p previous · " if step else "u what led to it · "
        super().__init__("Decision", f"{leads}g good · b bad · c correct · Esc closes")
        self.add_class("wide")
        self._event_id = event_id
        self._chain: Chain | None = None
        self._log = log
        self._reviewer = reviewer
        self._changed = changed
        self._step = step

    def content(self) -> ComposeResult:
        yield RecordView()

    def on_mount(self) -> None:
        self._open(self._event_id)

    def _open(self, event_id: str) -> None:
        """From now on the keys are for this decision."""
        self._event_id = event_id
        self._frame.border_title = Content(f"Decision {clean_line(event_id, 40)}")
        self._show(event_id)

    @work(exclusive=True, group="record")
    async def _show(self, event_id: str) -> None:
        problem = f"The log holds no decision {clean_line(event_id, 100)}."
        try:
            self._chain = await asyncio.to_thread(find_chain, self._log, event_id)
        except EventLogError as error:
            self._chain, problem = None, clean(str(error))
        await self.query_one(RecordView).show(self._chain, problem)

    def action_step(self, by: int) -> None:
        """The next decision of the list, or the one before."""
        event_id = self._step(by) if self._step else None
        if event_id is not None:
            self._open(event_id)

    def action_cause(self) -> None:
        """The decision that led to this one."""
        event_id = decision_of(self._chain.cause) if self._chain else None
        if event_id is not None:
            self._open(event_id)

    @work(group="review")
    async def action_rate(self, verdict: str) -> None:
        row = await rate(self, self._reviewer, self._event_id, verdict)
        if row is not None:
            self._reviewed(row)

    @work(group="review")
    async def action_correct(self) -> None:
        await correct(self, self._reviewer, self._event_id, self._reviewed)

    @work(group="review")
    async def action_wish(self, wanted: Wish) -> None:
        """Forget the correction that is shown, or let it count in all projects; again undoes it."""
        try:
            said = await asyncio.to_thread(wish, self._log, self._event_id, wanted)
        except EventLogError as error:
            self.notify(clean(str(error)), severity="warning", markup=False)
            return
        self.notify(clean_line(said, 200), markup=False)
        self._show(self._event_id)

    def _reviewed(self, row: Row) -> None:
        self._changed(row)
        if row["event_id"] == self._event_id:
            self._show(self._event_id)
