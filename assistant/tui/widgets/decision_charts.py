"""The tool mix, and success over time, of the decisions that match. Imports plotext."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from assistant.text_safety import clean_line
from assistant.tui.decision_mix import Mix, bars, count, label_of, success
from assistant.tui.decision_pages import Stopped, Watched
from assistant.tui.formatting import count as short
from assistant.tui.widgets.chart import FRAME_LINES, Chart
from training.events.base import EventLog, EventLogError
from training.events.figures import Period
from training.events.matching import DecisionFilter

_NOTHING = "Nothing to chart: no decision matches. 1 goes to the decisions and their filter."
_BARS = 10
_BAR_LINES = 3
_THIN = 0.1
"""So wide that a bar is one line, whatever lies between two."""
_REFRESH_S = 0.2


class ChartView(Vertical, can_focus=True):
    """w changes between days and weeks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "period", "Days or weeks", show=False),
        Binding("r", "reload", "Read again", show=False),
    ]

    class Counted(Message):
        """How it looks so far; ``ended`` says that all was read, ``problem`` why it could not be."""

        def __init__(self, watched: Watched, mix: Mix | None, *, ended: bool, problem: str = "") -> None:
            super().__init__()
            self.watched = watched
            self.mix = mix
            self.ended = ended
            self.problem = problem

    def __init__(self, log: EventLog, wanted: DecisionFilter) -> None:
        super().__init__(id="charts-view", classes="view")
        self._log = log
        self._wanted = wanted
        self._by: Period = "day"
        self._watched = Watched(log)
        self._ticking: Timer | None = None
        self._shown: Mix | None = None
        self._ended = False
        self._mix = Chart()
        self._success = Chart()

    def compose(self) -> ComposeResult:
        with Horizontal(id="charts", classes="hidden"):
            yield self._mix
            yield self._success
        yield Static(_NOTHING, classes="empty hidden", markup=False)
        yield Static(classes="status", markup=False)

    def on_mount(self) -> None:
        self._ticking = self.set_interval(_REFRESH_S, self._tell, pause=True)
        self.action_reload()

    def on_unmount(self) -> None:
        self._watched.stop()

    def show(self, wanted: DecisionFilter) -> None:
        """Chart what matches this filter."""
        self._wanted = wanted
        self.action_reload()

    def action_period(self) -> None:
        self._by = "week" if self._by == "day" else "day"
        self._draw()
        self._tell()

    def action_reload(self) -> None:
        self._watched.stop()
        self._watched = Watched(self._log)
        self._ended = False
        if self._ticking is not None:
            self._ticking.resume()
        self._count(self._watched, self._wanted)

    @work(thread=True, group="charts")
    def _count(self, watched: Watched, wanted: DecisionFilter) -> None:
        def give(mix: Mix) -> None:
            self.post_message(self.Counted(watched, mix, ended=False))

        try:
            watched.measure()
            mix = count(wanted.rows(watched.view), give)
        except Stopped:
            return
        except EventLogError as error:
            self.post_message(self.Counted(watched, None, ended=True, problem=str(error)))
        else:
            self.post_message(self.Counted(watched, mix, ended=True))

    @on(Counted)
    def _counted(self, event: Counted) -> None:
        event.stop()
        if event.watched is not self._watched:
            return
        if event.ended and self._ticking is not None:
            self._ticking.pause()
        if event.mix is None:
            self._say(clean_line(event.problem, 300))
            return
        found = event.mix.decisions
        self.query_one("#charts").set_class(not found, "hidden")
        self.query_one(".empty", Static).set_class(bool(found), "hidden")
        self._shown, self._ended = event.mix, event.ended
        self._tell()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        """Once the room for the charts is known."""
        if self._shown is not None and self._shown.decisions:
            self._draw_mix(self._shown.tools)
            self._draw_success(success(self._shown, self._by))

    def _draw_mix(self, found: Sequence[tuple[str, int]]) -> None:
        tools = bars(found, _BARS)
        # As many lines for each bar, and each bar in the middle of its own, so that all look alike.
        height = self.query_one("#charts").size.height - FRAME_LINES
        lines = max(1, min(_BAR_LINES, height // len(tools)))
        self._mix.styles.height = FRAME_LINES + len(tools) * lines
        lowest = 1 - (lines - 1) // 2 / lines
        places = [float(len(tools) - place) for place in range(len(tools))]
        plt = self._mix.plt
        plt.clear_figure()
        counts = [number for _, number in tools]
        plt.bar(places, counts, orientation="horizontal", width=_THIN, color=self._mix.colour("primary"))
        plt.yticks(places, [f"{name} {short(number)}" for name, number in tools])
        plt.ylim(lowest, lowest + max(1, len(tools) * lines - 1) / lines)
        marks = sorted({0, counts[0] // 2, counts[0]})
        plt.xticks([float(mark) for mark in marks], [f"{mark:,}" for mark in marks])
        plt.title("decisions by tool")
        self._mix.refresh()

    def _draw_success(self, periods: Sequence[tuple[int, float]]) -> None:
        plt = self._success.plt
        plt.clear_figure()
        days = [day for day, _ in periods]
        shares = [100 * share for _, share in periods]
        plt.plot([float(day) for day in days], shares, **self._line(len(days)))
        plt.ylim(0, 100)
        plt.yticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
        shown = sorted({days[0], (days[0] + days[-1]) // 2, days[-1]}) if days else []
        plt.xticks([float(day) for day in shown], [label_of(day, self._by) for day in shown])
        plt.title(f"success in % by {self._by}")
        self._success.refresh()

    def _line(self, points: int) -> dict[str, Any]:
        """How the line is drawn; one point alone would not be seen in braille."""
        return {"marker": "braille" if points > 1 else "dot", "color": self._success.colour("success")}

    def _tell(self) -> None:
        other = "week" if self._by == "day" else "day"
        if self._shown is not None and self._ended:
            self._say(f"{self._shown.decisions:,} decisions, by {self._by} · w by {other}")
        else:
            self._say(f"counting: {self._watched.how_far()}")

    def _say(self, text: str) -> None:
        self.query_one(".status", Static).update(Content(text))
