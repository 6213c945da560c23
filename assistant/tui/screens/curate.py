"""From the log to a dataset: choose decisions, see what would be left out and for what, then publish."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Input, Static

from assistant.curate_desk import CurateDesk, CurateForm, Seen, Trial
from assistant.tui.curate_lines import stage_lines
from assistant.tui.screens.views_panel import ViewsPanel
from assistant.tui.widgets.dropped_view import DroppedView
from assistant.tui.widgets.form_grid import FormGrid
from assistant.tui.widgets.map_view import MapView
from assistant.tui.widgets.view_tabs import ViewTabs
from training.curation.base import CurationError
from training.jobs.base import RESUMABLE, JobError

LOOK_S = 0.5
STEP = 0.01
LEAST = 0.3
_FIELDS = {
    "since": ("since", "the beginning; 7d, 2026-11-20"),
    "until": ("until", "now"),
    "filters": ("filters", "confidence>=0.8; tool_selected in read_file,run_shell"),
    "threshold": ("threshold", "cosine from which on a decision is a duplicate"),
    "second": ("second", "minilm looks again where the first pass is in doubt; empty: no model"),
    "clusters": ("clusters", "0 keeps all that are no duplicates"),
    "per_cluster": ("of each", "examples that stand for a cluster"),
    "method": ("method", "kmeans, dbscan or hdbscan"),
    "top": ("top", "the best of all that stay beside them, whatever their cluster"),
}
_ABOUT = (
    "A draft goes through every stage and publishes nothing. Then 3 shows what is left out and for what, "
    "- and + move the threshold, 4 is the map, and a accepts it."
)
_NEXT = "- + threshold · a accept · x stop · r resume"


class CurateScreen(ViewsPanel):
    """The work goes on when the panel is closed; what is shown is read from the folders of its jobs."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "curate.tcss"]
    AUTO_FOCUS = None
    PROBLEMS: ClassVar[tuple[type[Exception], ...]] = (CurationError, JobError, OSError)
    VIEWS: ClassVar[Mapping[str, str]] = {
        "choose": "Choose",
        "stages": "Stages",
        "dropped": "Left out",
        "map": "Map",
    }
    HINTS: ClassVar[Mapping[str, str]] = {
        "choose": "Tab fields · Ctrl+S draft · 2 stages · Esc closes",
        "stages": f"{_NEXT} · 3 what is left out · Esc",
        "dropped": "- + threshold · o keep it all the same · a accept · Tab · Esc",
        "map": "arrows select · n p at one place · - + threshold · a accept · Esc",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "start", "Draft", show=False, priority=True),
        Binding("minus", f"threshold(-{STEP})", "Lower", show=False),
        Binding("plus,equals_sign", f"threshold({STEP})", "Higher", show=False),
        Binding("o", "keep", "Keep", show=False),
        Binding("a", "accept", "Accept", show=False),
        Binding("x", "stop", "Stop", show=False),
        Binding("r", "resume", "Resume", show=False),
        Binding("q", "close", "Close", show=False),
    ]

    def __init__(self, desk: CurateDesk) -> None:
        super().__init__("Curate", self.HINTS["choose"])
        self._desk = desk
        self._seen = Seen()
        self._trial: Trial | None = None
        self._threshold = 0.0
        self._keep: frozenset[str] = frozenset()
        self._looking = asyncio.Lock()
        self._trying = False
        self._form = FormGrid(_FIELDS)
        self._dropped = DroppedView()
        self._map = MapView()

    def parts(self) -> ComposeResult:
        yield ViewTabs(self.VIEWS, "choose")
        with ContentSwitcher(initial="choose"):
            with Vertical(id="choose", classes="view") as choose:
                choose.can_focus = True
                yield self._form
                yield Static(_ABOUT, classes="about", markup=False)
            with VerticalScroll(id="stages", classes="view"):
                yield Static(markup=False)
            yield self._dropped
            yield self._map

    async def on_mount(self) -> None:
        self.set_interval(LOOK_S, self._look)
        await self.look()
        self.action_view("choose" if self._seen.job is None else "stages")
        form = await asyncio.to_thread(self._desk.newest)
        self._form.fill(form)

    def focus_of(self, name: str) -> Widget:
        places: Mapping[str, Widget] = {"dropped": self._dropped.table, "map": self._map.map}
        return places.get(name) or self.query_one(f"#{name}")

    @work(group="look")
    async def _look(self) -> None:
        if not self._looking.locked():
            await self.look()

    async def look(self) -> None:
        """One look after the other, so that what is shown never goes back in time."""
        async with self._looking:
            before = self._seen.draft_id
            try:
                self._seen = await asyncio.to_thread(self._desk.look)
                if self._seen.draft_id != before:
                    self._threshold = await asyncio.to_thread(self._desk.threshold, self._seen.draft_id)
                    self._keep, self._trial = frozenset(), None
                    self._try()
            except self.PROBLEMS as error:
                self.say(str(error), "problem")
            self.draw()

    @work(group="try")
    async def _try(self) -> None:
        """Up to the threshold that is wanted last; those between are left out."""
        if self._trying:
            return
        self._trying = True
        try:
            tried = None
            while tried != (wanted := (self._seen.draft_id, self._threshold, self._keep)):
                self._trial = await asyncio.to_thread(self._desk.trial, *wanted)
                tried = wanted
                self.draw()
        except self.PROBLEMS as error:
            self.say(str(error), "problem")
        finally:
            self._trying = False

    def draw(self) -> None:
        if not self.is_mounted:
            return
        if self.view == "stages":
            self.query_one("#stages > Static", Static).update(Content(stage_lines(self._seen)))
        elif self.view == "dropped":
            self._dropped.show(self._seen.draft, self._trial, self._keep)
        elif self.view == "map":
            self._map.show(self._seen.draft, self._trial)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to a draft is done where it can be seen."""
        if action in ("threshold", "accept", "stop", "resume"):
            return self.view != "choose"
        return self.view == "dropped" if action == "keep" else True

    @on(Input.Submitted)
    def action_start(self) -> None:
        form = CurateForm(**self._form.values())

        async def start() -> object:
            job = await asyncio.to_thread(self._desk.start, form)
            self.action_view("stages")
            return f"the draft is job {job.id}"

        self.do(start)

    def action_threshold(self, by: float) -> None:
        if self._seen.draft is None:
            return
        self._threshold = round(min(1.0, max(LEAST, self._threshold + by)), 2)
        self._try()

    def action_keep(self) -> None:
        """Keep the marked one although it is a duplicate, or no longer."""
        marked = self._dropped.table.marked_row
        if marked is None or self._trial is None:
            return
        if marked.key not in self._keep and not any(name == marked.key for name, _, _ in self._trial.pairs):
            self.say("only a duplicate can be kept all the same: nobody could learn from this one", "problem")
            return
        self._keep ^= {marked.key}
        self._try()

    def action_accept(self) -> None:
        seen, threshold, keep = self._seen, self._threshold, sorted(self._keep)
        if seen.draft is None:
            self.say("there is no draft yet: 1 makes one", "problem")
            return

        async def accept() -> object:
            job = await asyncio.to_thread(self._desk.accept, seen.draft_id, threshold, keep)
            self.action_view("stages")
            return f"the dataset is job {job.id}"

        self.do(accept)

    def action_stop(self) -> None:
        job = self._seen.active
        if job is None:
            self.say("nothing is under way")
        else:
            self.do(lambda: asyncio.to_thread(self._desk.jobs.cancel, job.id), "it stops; r goes on with it")

    def action_resume(self) -> None:
        job = self._seen.job
        if job is None or job.state not in RESUMABLE:
            self.say("nothing is to be resumed")
        else:
            self.do(lambda: asyncio.to_thread(self._desk.jobs.resume, job.id), "it goes on")
