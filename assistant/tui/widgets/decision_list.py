"""The decisions of the log: a filter in one line, and a table that is read as it is scrolled."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from assistant.decision_lines import write_decisions
from assistant.decision_query import USAGE, parse_query
from assistant.text_safety import clean, clean_line
from assistant.tui.decision_pages import DecisionPages, Row, Stopped, Watched
from assistant.tui.decision_text import COLUMNS, decision_row
from assistant.tui.review_actions import correct, rate
from assistant.tui.reviewing import Reviewer
from assistant.tui.widgets.row_table import RowTable, TableRow
from training.events.base import EventLog, EventLogError
from training.events.matching import DecisionFilter

PAGE = 200
KEPT = 10_000
"""Rows that are held; beyond, the uppermost page is let go for each that is read."""
_REFRESH_S = 0.2
NONE_YET = "No decisions yet. Ask the student something: every call that it chooses is recorded here."
NONE_MATCH = "No decision matches. / changes the filter; empty, it shows all."


class PagePart(Message):
    """Rows that were read. ``ended`` says that the log holds no more; ``problem`` why reading failed."""

    def __init__(
        self,
        pages: DecisionPages,
        rows: Sequence[TableRow],
        *,
        done: bool = False,
        ended: bool = False,
        problem: str = "",
    ) -> None:
        super().__init__()
        self.pages = pages
        self.rows = rows
        self.done = done
        self.ended = ended
        self.problem = problem


class DecisionList(Vertical):
    """Enter opens a decision, g and b rate it, c corrects it, e exports all that match."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", show=False),
        Binding("g", "rate('good')", "Good", show=False),
        Binding("b", "rate('bad')", "Bad", show=False),
        Binding("c", "correct", "Correct", show=False),
        Binding("s", "session", "This session", show=False),
        Binding("r", "reload", "Read again", show=False),
        Binding("e", "export", "Export", show=False),
    ]

    class Filtered(Message):
        """Another filter is in force."""

        def __init__(self, wanted: DecisionFilter) -> None:
            super().__init__()
            self.wanted = wanted

    def __init__(self, log: EventLog, reviewer: Reviewer, folder: Path) -> None:
        super().__init__(id="decisions", classes="view")
        self._log = log
        self._reviewer = reviewer
        self._folder = folder
        self._wanted = DecisionFilter()
        self._pages = DecisionPages(log, self._wanted)
        self._reading = False
        self._ended = False
        self._dropped = 0
        self._writing: Watched | None = None
        self._ticking: Timer | None = None
        self._line = Input(placeholder=f"/ filters by {USAGE}", compact=True, id="filter")
        self._line.cursor_blink = False
        self.table = RowTable(COLUMNS)

    def compose(self) -> ComposeResult:
        yield self._line
        yield self.table
        yield Static(classes="empty hidden", markup=False)
        yield Static(classes="status", markup=False)

    def on_mount(self) -> None:
        self._ticking = self.set_interval(_REFRESH_S, self._tell, pause=True)
        self._more()

    def on_unmount(self) -> None:
        self._pages.watched.stop()
        if self._writing is not None:
            self._writing.stop()

    @property
    def filtering(self) -> bool:
        """Whether the filter is being written."""
        return self._line.has_focus

    def show_changed(self, row: Row) -> None:
        """A decision was reviewed."""
        self.table.put(decision_row(row))

    def action_reload(self) -> None:
        """Begin again with the newest decision."""
        self._pages.watched.stop()
        self._pages = DecisionPages(self._log, self._wanted)
        self._reading = self._ended = False
        self._dropped = 0
        self.table.clear()
        self._more()

    @on(RowTable.NearEnd)
    def _near_end(self) -> None:
        self._more()

    def _more(self) -> None:
        if self._reading or self._ended:
            return
        self._reading = True
        if self._ticking is not None:
            self._ticking.resume()
        self._read(self._pages)

    @work(thread=True, group="pages")
    def _read(self, pages: DecisionPages) -> None:
        def give(rows: list[Row]) -> None:
            self.post_message(PagePart(pages, [decision_row(row) for row in rows]))

        try:
            ended = pages.read(PAGE, give)
        except Stopped:
            return
        except EventLogError as error:
            self.post_message(PagePart(pages, (), done=True, ended=True, problem=str(error)))
        else:
            self.post_message(PagePart(pages, (), done=True, ended=ended))

    @on(PagePart)
    def _page_part(self, event: PagePart) -> None:
        event.stop()
        if event.pages is not self._pages:
            return
        if event.done:
            self._reading, self._ended = False, event.ended
            self._rest()
        surplus = self.table.row_count + len(event.rows) - KEPT
        if surplus > 0:
            self.table.forget(surplus)
            self._dropped += surplus
        self.table.add(event.rows)
        if event.problem:
            self._say(clean_line(event.problem, 300))
        else:
            self._tell()

    def _rest(self) -> None:
        if self._ticking is not None and not self._reading and self._writing is None:
            self._ticking.pause()

    def _tell(self) -> None:
        if self._writing is not None:
            self._say(f"exporting: {self._writing.seen:,} events read; Esc gives it up")
            return
        count = self.table.row_count
        nothing = self._ended and not count
        self.query_one(".empty").set_class(not nothing, "hidden")
        if nothing:
            text = NONE_YET if self._wanted == DecisionFilter() else NONE_MATCH
            self.query_one(".empty", Static).update(text)
        shown = f"{self._dropped + 1:,} to {self._dropped + count:,}" if self._dropped else f"{count:,}"
        if self._reading:
            self._say(f"{shown} found, searching: {self._pages.watched.seen:,} events read; Esc leaves")
        elif self._ended:
            self._say(f"{shown} shown, no more" if count else "")
        else:
            self._say(f"{shown} shown, more below" + ("; r begins with the newest" if self._dropped else ""))

    def _say(self, text: str) -> None:
        self.query_one(".status", Static).update(Content(text))

    def action_filter(self) -> None:
        self._line.focus()
        self._say(f"{USAGE} · Enter filters")

    def leave_filter(self) -> None:
        self.table.focus()
        self._tell()

    @on(Input.Submitted)
    def _filter_entered(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self._wanted = parse_query(event.value)
        except ValueError as error:
            self._say(clean_line(str(error), 300))
            return
        self.table.focus()
        self.action_reload()
        self.post_message(self.Filtered(self._wanted))

    @work(group="review")
    async def action_session(self) -> None:
        """Only the session of the marked decision."""
        marked = self.table.marked_row
        row = await self._reviewer.row(marked.key) if marked else None
        if row is not None and row["session_id"]:
            self._line.value = f'session:"{clean_line(str(row["session_id"]), 100)}"'
            await self._line.action_submit()

    @on(RowTable.Chosen)
    def _chosen(self, event: RowTable.Chosen) -> None:
        from assistant.tui.screens.decision_record import RecordScreen

        self.app.push_screen(RecordScreen(event.key, self._log, self._reviewer, self.show_changed))

    @work(group="review")
    async def action_rate(self, verdict: str) -> None:
        marked = self.table.marked_row
        if marked is not None:
            self._reviewed(await rate(self.screen, self._reviewer, marked.key, verdict))

    @work(group="review")
    async def action_correct(self) -> None:
        marked = self.table.marked_row
        if marked is not None:
            self._reviewed(await correct(self.screen, self._reviewer, marked.key))

    def _reviewed(self, row: dict[str, Any] | None) -> None:
        if row is not None:
            self.show_changed(row)

    @work(group="export", exclusive=True)
    async def action_export(self) -> None:
        """Write all decisions that match, not only those that were read, into a new file."""
        from assistant.tui.screens.ask_file import AskFileScreen

        path = await self.app.push_screen_wait(AskFileScreen("decisions", self._folder, "decisions.jsonl"))
        if path is None:
            return
        self._writing = watched = Watched(self._log)
        if self._ticking is not None:
            self._ticking.resume()
        try:
            written = await asyncio.to_thread(write_decisions, self._wanted.rows(watched.view), path)
        except Stopped:
            return
        except (EventLogError, OSError) as error:
            self.notify(clean(f"{path}: {error}"), severity="error", markup=False)
        else:
            self.notify(clean(f"wrote {written:,} decisions to {path}"), markup=False)
        self._writing = None
        self._rest()
        self._tell()
