"""What is left out, beside what it is left out for."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.curate_desk import Trial
from assistant.tui.curate_lines import COLUMNS, dropped_rows, reason_of, side, trial_line
from assistant.tui.widgets.row_table import RowTable
from training.curation.draft import Draft


class DroppedView(Vertical):
    """Draws what it is shown; the keys are the screen's."""

    def __init__(self) -> None:
        super().__init__(id="dropped", classes="view")
        self._draft: Draft | None = None
        self._others: dict[str, str] = {}
        self.table = RowTable(COLUMNS)

    def compose(self) -> ComposeResult:
        yield Static(id="trial", classes="trial", markup=False)
        yield self.table
        with Horizontal(id="sides"):
            for name in ("left", "right"):
                with VerticalScroll(id=name):
                    yield Static(markup=False)

    def show(self, draft: Draft | None, trial: Trial | None, keep: frozenset[str]) -> None:
        """Draw what this trial leaves out."""
        self.query_one("#trial", Static).update(Content(trial_line(trial, draft)))
        self._draft = draft
        if draft is None or trial is None:
            return
        self._others = {name: other for name, other, _ in trial.pairs}
        self.table.show(dropped_rows(trial, draft, keep))
        self._beside()

    @on(RowTable.Marked)
    def _beside(self) -> None:
        row, draft = self.table.marked_row, self._draft
        if row is None or draft is None:
            return
        other = self._others.get(row.key)
        why = side(draft.facts.get(other)) if other else reason_of(draft, row.key)
        for name, text in (("left", side(draft.facts.get(row.key))), ("right", why)):
            pane = self.query_one(f"#{name}", VerticalScroll)
            pane.query_one(Static).update(Content(text))
            pane.scroll_home(animate=False)
