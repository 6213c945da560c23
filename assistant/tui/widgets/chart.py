"""A chart in the colours of the theme. Imports plotext."""

from typing import Any

from textual.app import RenderResult
from textual.color import Color
from textual_plotext import PlotextPlot

FRAME_LINES = 4
"""The title, the frame and the axis of a chart."""
LEAST_WIDTH = 24
"""The longest label of a bar and a few cells of the bar."""


class Chart(PlotextPlot):
    """A plot that plotext can draw: with less room than its labels take, it fails."""

    def on_mount(self) -> None:
        self.theme = "clear"

    def render(self) -> RenderResult:
        if self.size.width < LEAST_WIDTH or self.size.height < FRAME_LINES + 1:
            return "no room"
        return super().render()

    def colour(self, name: str) -> Any:
        """A colour of the theme as plotext takes it; its orange is the terminal's yellow."""
        value = self.app.theme_variables[name]
        if value.startswith("ansi_"):
            return value.removeprefix("ansi_").replace("yellow", "orange")
        return Color.parse(value).rgb
