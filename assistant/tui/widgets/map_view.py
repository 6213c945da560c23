"""The map of what was compared, its legend, and the decision that is selected."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.curate_desk import Trial
from assistant.curate_text import TONES, tones_of
from assistant.text_safety import clean_line
from assistant.tui.curate_lines import side, trial_line
from assistant.tui.widgets.cluster_map import LEFT_OUT, STAYS, ClusterMap
from training.curation.draft import Draft

_COLOURS = ("$primary", "$secondary", "$success", "$error", "$foreground", "$accent", "$text-muted")


class MapView(Vertical):
    """Draws what it is shown; what is left out at the threshold is hollow."""

    def __init__(self) -> None:
        super().__init__(id="map", classes="view")
        self._draft: Draft | None = None
        self._tones: dict[str, int] = {}
        self.map = ClusterMap()

    def compose(self) -> ComposeResult:
        yield Static(classes="trial", markup=False)
        yield self.map
        yield Static(id="legend", markup=False)
        with VerticalScroll():
            yield Static(id="read", markup=False)

    def show(self, draft: Draft | None, trial: Trial | None) -> None:
        self.query_one(".trial", Static).update(Content(trial_line(trial, draft)))
        if draft is None or trial is None:
            return
        if draft is not self._draft:
            self._draft = draft
            self._tones = tones_of(draft.compared.tools)
            self.query_one("#legend", Static).update(self._legend())
        gone = {name for name, _, _ in trial.pairs}
        names, tools = draft.compared.names, draft.compared.tools
        self.map.show(
            [
                (names[one.place], one.x, one.y, self._tones[tools[one.place]], names[one.place] not in gone)
                for one in draft.points
            ]
        )

    @on(ClusterMap.Selected)
    def _read(self, event: ClusterMap.Selected) -> None:
        if self._draft is None:
            return
        at = f"{event.at} of {event.count} here, n the next\n" if event.count > 1 else ""
        self.query_one("#read", Static).update(Content(at + side(self._draft.facts.get(event.name))))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def _legend(self) -> Content:
        parts: list[tuple[str, str] | str] = []
        for tool, tone in self._tones.items():
            if tone < TONES:
                parts += [(f"{STAYS} ", _COLOURS[tone]), f"{clean_line(tool, 20)}  "]
        if len(self._tones) > TONES:
            parts += [(f"{STAYS} ", _COLOURS[TONES]), "others  "]
        assert self._draft is not None, "a draft is shown"
        apart = self._draft.silhouette
        said = f"{LEFT_OUT} left out" + (f"  silhouette {apart:.2f}" if apart is not None else "")
        return Content.assemble(*parts, (said, "$text-muted"))
