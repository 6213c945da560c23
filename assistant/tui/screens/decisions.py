"""What the student decided: the decisions, charts of them, and the data products made of them."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from assistant.reviewing import Reviewer, Tools
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.decision_list import DecisionList
from assistant.tui.widgets.view_tabs import ViewTabs
from training.events.base import EventLog
from training.events.matching import DecisionFilter

_VIEWS = {"decisions": "Decisions", "charts-view": "Charts", "products": "Products"}
_HINTS = {
    "decisions": "Enter opens · g good · b bad · c correct · / filter · s session · e export · Esc",
    "charts-view": "w days or weeks · r read again · Esc closes",
    "products": "p publish · a all stale · e export · Tab below · r look again · Esc",
}


class DecisionsScreen(PanelScreen[None]):
    """Reads ``log``; ``tools`` are those that a correction may name; exports go to ``folder``."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "decisions.tcss"]
    AUTO_FOCUS = "RowTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "view('decisions')", "Decisions", show=False),
        Binding("2", "view('charts-view')", "Charts", show=False),
        Binding("3", "view('products')", "Products", show=False),
        Binding("q", "close", "Close", show=False),
        # With priority, so that what is typed right after it goes into the filter and rates nothing.
        Binding("slash", "filter", "Filter", show=False, priority=True),
    ]

    def __init__(self, log: EventLog, tools: Tools, folder: Path) -> None:
        super().__init__("Decisions", _HINTS["decisions"])
        self.add_class("wide")
        self._log = log
        self._folder = folder
        self._wanted = DecisionFilter()
        self._list = DecisionList(log, Reviewer(log, tools), folder)

    def content(self) -> ComposeResult:
        yield ViewTabs(_VIEWS, "decisions")
        with ContentSwitcher(initial="decisions"):
            yield self._list

    async def action_view(self, name: str) -> None:
        """Show a view; charts and products are made when they are first wanted."""
        switcher = self.query_one(ContentSwitcher)
        if not switcher.query(f"#{name}"):
            await switcher.add_content(self._made(name), id=name)
        switcher.current = name
        self.query_one(ViewTabs).mark(name)
        self.show_hint(_HINTS[name])
        view = switcher.get_child_by_id(name)
        (view if view.can_focus else view.query_one("RowTable")).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash begins a filter where there is one, and is a letter where it is being written."""
        if action != "filter":
            return True
        return self.query_one(ContentSwitcher).current == "decisions" and not self._list.filtering

    def action_filter(self) -> None:
        self._list.begin_filter()

    @on(ViewTabs.Wanted)
    async def _tab_clicked(self, event: ViewTabs.Wanted) -> None:
        await self.action_view(event.name)

    @on(DecisionList.Filtered)
    def _filtered(self, event: DecisionList.Filtered) -> None:
        self._wanted = event.wanted
        if self.query("#charts-view"):
            from assistant.tui.widgets.decision_charts import ChartView

            self.query_one(ChartView).show(self._wanted)

    def action_close(self) -> None:
        if self._list.filtering:
            self._list.leave_filter()
        else:
            self.dismiss(None)

    def _made(self, name: str) -> Widget:
        if name == "products":
            from assistant.tui.widgets.product_view import ProductView

            return ProductView(self._log, self._folder)
        from assistant.tui.widgets.decision_charts import ChartView

        return ChartView(self._log, self._wanted)
