"""A run as it goes: its figures, and its curves. Imports plotext."""

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from assistant.train_run import Running, Seen
from assistant.tui.train_lines import Curve, curve, run_lines
from assistant.tui.widgets.chart import Chart

_LOSSES = {"loss": "primary", "validation_loss": "secondary"}
_SHARES = {"tool": "primary", "call": "success", "restraint": "secondary"}
_LABELS = {
    "loss": "training",
    "validation_loss": "held out",
    "tool": "tool",
    "call": "call",
    "restraint": "restraint",
}


class RunView(Vertical, can_focus=True):
    """Draws what it is shown; the keys are the screen's."""

    def __init__(self) -> None:
        super().__init__(id="run", classes="view")
        self._losses = Chart()
        self._shares = Chart()
        self._known = Running({})
        self._drawn: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="run-facts", markup=False)
        with Horizontal(id="curves"):
            yield self._losses
            yield self._shares

    def show(self, seen: Seen) -> None:
        """Draw this run, where anything of it changed."""
        self.query_one("#run-facts", Static).update(Content(run_lines(seen)))
        self._known = seen.running
        drawn = (len(self._known.steps), sum(map(len, self._known.steps.values())))
        if drawn != self._drawn:
            self._drawn = drawn
            self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        losses = {name: curve(self._known, name) for name in _LOSSES}
        shares = {name: [(x, 100 * y) for x, y in curve(self._known, name)] for name in _SHARES}
        self.query_one("#curves").set_class(not losses["loss"], "hidden")
        self._shares.display = any(shares.values())
        _plot(self._losses, "loss by step", losses, _LOSSES)
        _plot(self._shares, "held out, in %, by step", shares, _SHARES, top=100)


def _plot(
    chart: Chart, title: str, curves: Mapping[str, Curve], tones: Mapping[str, str], top: float | None = None
) -> None:
    """Each curve in the colour of its tone; up to ``top``, or as high as they are."""
    plt = chart.plt
    plt.clear_figure()
    found = {name: points for name, points in curves.items() if points}
    for name, points in found.items():
        plt.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color=chart.colour(tones[name]),
            marker="braille" if len(points) > 1 else "dot",
            label=_LABELS[name],
        )
    if found:
        _ticks(plt, [point for points in found.values() for point in points], top)
    plt.title(title)
    chart.refresh()


def _ticks(plt: Any, points: Curve, top: float | None) -> None:
    steps = sorted({min(x for x, _ in points), max(x for x, _ in points)})
    lowest, highest = (0.0, top) if top else _range([y for _, y in points])
    plt.xticks(steps, [f"{step:,.0f}" for step in steps])
    plt.ylim(lowest, highest)
    marks = [lowest + (highest - lowest) * part / 4 for part in range(5)]
    plt.yticks(marks, [f"{mark:.0f}" if top else f"{mark:.2f}" for mark in marks])


def _range(values: Sequence[float]) -> tuple[float, float]:
    """From nought, unless all values are far above it."""
    least, most = min(values), max(values)
    return (0.95 * least if least > most / 2 else 0.0), most
