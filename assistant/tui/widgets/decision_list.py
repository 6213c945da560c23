"""The decisions of the log: a filter in one line, and a table that is read as it is scrolled."""

from itertools import count
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from assistant.decision_lines import FORMS, write_decisions
from assistant.decision_query import USAGE, parse_query
from assistant.reviewing import Reviewer
from assistant.text_safety import clean_line
from assistant.tui.decision_pages import DecisionPages, PagePart, Row, Stopped
from assistant.tui.decision_text import COLUMNS, decision_row
from assistant.tui.exporting import Export, Tell
from assistant.tui.review_actions import correct, rate
from assistant.tui.widgets.field import Field
from assistant.tui.widgets.row_table import RowTable
from training.events.base import EventLog, EventLogError
from training.events.matching import DecisionFilter
from training.events.views import LogView

PAGE = 200
KEPT = 10_000
"""Rows that are held; beyond, the uppermost page is let go for each that is read."""
_REFRESH_S = 0.2
NONE_YET = "No decisions yet. Ask the student something: every call that it chooses is recorded here."
NONE_MATCH = "No decision matches. / changes the filter; empty, it shows all."


class DecisionList(Vertical):
    """Enter opens a decision, g and b rate it, c corrects it, e exports all that match."""

    BINDINGS: ClassVar[list[BindingType]] = [
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
        self._wanted = DecisionFilter()
        self._applied = ""
        self._pages = DecisionPages(log, self._wanted)
        self._reading = False
        self._ended = False
        self._dropped = 0
        self._ticking: Timer | None = None
        self._export = Export(self, folder, self._tick, self._rest)
        self._line = Field(placeholder=f"/ filters by {USAGE}", compact=True, id="filter")
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
        self._export.give_up()

    @property
    def filtering(self) -> bool:
        """Whether the filter is being written."""
        return self.screen.focused is self._line

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
        self._tick()
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
        surplus = self.table.row_count + len(event.rows) - KEPT
        if surplus > 0:
            self.table.forget(surplus)
            self._dropped += surplus
        self.table.add(event.rows)
        self._rest()
        if event.problem:
            self._say(event.problem, problem=True)

    def _tick(self) -> None:
        if self._ticking is not None:
            self._ticking.resume()

    def _rest(self) -> None:
        """Say how it is; from now on only where something goes on."""
        if self._ticking is not None and not self._reading and not self._export.running:
            self._ticking.pause()
        self._tell()

    def _tell(self) -> None:
        held = self.table.row_count
        nothing = self._ended and not held
        self.query_one(".empty").set_class(not nothing, "hidden")
        if nothing:
            text = NONE_YET if self._wanted == DecisionFilter() else NONE_MATCH
            self.query_one(".empty", Static).update(text)
        shown = f"{self._dropped + 1:,} to {self._dropped + held:,}" if self._dropped else f"{held:,}"
        if self._export.running:
            self._say(self._export.status())
        elif self.filtering:
            self._say(f"{USAGE} · Enter filters · Esc leaves it")
        elif self._reading:
            self._say(f"{shown} found, searching: {self._pages.watched.how_far()}; Esc leaves")
        elif self._ended:
            self._say(f"{shown} shown, no more" if held else "")
        else:
            self._say(f"{shown} shown, more below" + ("; r begins with the newest" if self._dropped else ""))

    def _say(self, text: str, *, problem: bool = False) -> None:
        status = self.query_one(".status", Static)
        status.set_class(problem, "problem")
        status.update(Content(clean_line(text, 300)))

    def begin_filter(self) -> None:
        """From now on keys write the filter: the focus is there before the next key is."""
        self.screen.set_focus(self._line)
        self._tell()

    def leave_filter(self) -> None:
        """Give up what was written, and go back to the table."""
        self._line.value = self._applied
        self.screen.set_focus(self.table)
        self._tell()

    @on(Input.Submitted)
    def _filter_entered(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            wanted = parse_query(event.value)
        except ValueError as error:
            self._say(str(error), problem=True)
            return
        self.screen.set_focus(self.table)
        self._apply(wanted, event.value)

    def _apply(self, wanted: DecisionFilter, line: str) -> None:
        self._wanted, self._applied = wanted, line
        self._line.value = line
        self.action_reload()
        self.post_message(self.Filtered(wanted))

    @work(group="review")
    async def action_session(self) -> None:
        """Only the session of the marked decision."""
        marked = self.table.marked_row
        row = await self._reviewer.row(marked.key) if marked else None
        if row is not None and row["session_id"]:
            line = f'session:"{clean_line(str(row["session_id"]), 100)}"'
            self._apply(DecisionFilter(session_id=str(row["session_id"])), line)

    @on(RowTable.Chosen)
    def _chosen(self, event: RowTable.Chosen) -> None:
        from assistant.tui.screens.decision_record import RecordScreen

        record = RecordScreen(event.key, self._log, self._reviewer, self.show_changed, self.table.step)
        self.app.push_screen(record)

    @work(group="review")
    async def action_rate(self, verdict: str) -> None:
        marked = self.table.marked_row
        row = await rate(self.screen, self._reviewer, marked.key, verdict) if marked else None
        if row is not None:
            self.show_changed(row)

    @work(group="review")
    async def action_correct(self) -> None:
        marked = self.table.marked_row
        if marked is not None:
            await correct(self.screen, self._reviewer, marked.key, self.show_changed)

    def action_export(self) -> None:
        """Write all decisions that match, not only those that were read, into a new file."""
        wanted = self._wanted

        def write(path: Path, tell: Tell) -> int:
            numbers = count(1)
            view = LogView(self._log, on_event=lambda event: tell(next(numbers)))
            return write_decisions(wanted.rows(view), path)

        self._export.ask("decisions", "decisions.jsonl", FORMS, write)
