"""Decisions on a plane, in the colour of their tool; arrows select one to read.

Invariant: nothing is drawn but the program's own signs.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from assistant.curate_text import TONES

STAYS, LEFT_OUT = "●", "○"
_TALL = 2
"""How many times as high as wide a cell is."""
Spot = tuple[str, float, float, int, bool]
"""A name, x and y from 0 to 1, the tone, and whether it stays."""


class ClusterMap(Widget, can_focus=True):
    """Arrows go to the next one in that direction, n and p through those at one place."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"map--{tone}" for tone in range(TONES + 1)} | {"map--selected"}
    DEFAULT_CSS = """
    ClusterMap { background: $background; }
    ClusterMap .map--0 { color: $primary; }
    ClusterMap .map--1 { color: $secondary; }
    ClusterMap .map--2 { color: $success; }
    ClusterMap .map--3 { color: $error; }
    ClusterMap .map--4 { color: $foreground; }
    ClusterMap .map--5 { color: $accent; }
    ClusterMap .map--6 { color: $text-muted; }
    ClusterMap .map--selected { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "go(-1, 0)", show=False),
        Binding("right,l", "go(1, 0)", show=False),
        Binding("up,k", "go(0, -1)", show=False),
        Binding("down,j", "go(0, 1)", show=False),
        Binding("n", "next(1)", show=False),
        Binding("p", "next(-1)", show=False),
    ]

    class Selected(Message):
        """This one is to be read; ``at`` of ``count`` at its place."""

        def __init__(self, name: str, at: int, count: int) -> None:
            super().__init__()
            self.name = name
            self.at = at
            self.count = count

    def __init__(self) -> None:
        super().__init__()
        self._spots: Sequence[Spot] = ()
        self._cells: dict[tuple[int, int], list[Spot]] = {}
        self._selected = ""

    def show(self, spots: Sequence[Spot]) -> None:
        """Put these in the place of all; what is selected stays so."""
        if spots == self._spots:
            return
        self._spots = spots
        self._lay()
        if spots and not any(one[0] == self._selected for one in spots):
            self._select(spots[0][0])

    def on_resize(self) -> None:
        self._lay()

    def on_click(self, event: events.Click) -> None:
        held = self._cells.get((event.x, event.y))
        if held:
            self._select(held[0][0])

    def action_go(self, dx: int, dy: int) -> None:
        """The nearest place that is more in this direction than beside it."""
        here = self._place
        if here is None:
            return
        found = []
        for cell in self._cells:
            x, y = cell[0] - here[0], _TALL * (cell[1] - here[1])
            ahead, beside = x * dx + y * dy, abs(x * dy) + abs(y * dx)
            if ahead > 0 and beside <= ahead:
                found.append((ahead + 2 * beside, cell))
        if found:
            self._select(self._cells[min(found)[1]][0][0])

    def action_next(self, by: int) -> None:
        here = self._place
        if here is not None:
            names = [one[0] for one in self._cells[here]]
            self._select(names[(names.index(self._selected) + by) % len(names)])

    def render_line(self, y: int) -> Strip:
        segments, here = [], self._place
        for x in range(self.size.width):
            held = self._cells.get((x, y))
            if not held:
                segments.append(Segment(" ", self.rich_style))
                continue
            _, _, _, tone, stays = next((one for one in held if one[4]), held[0])
            style = self.get_component_rich_style(f"map--{tone}")
            if (x, y) == here:
                style += self.get_component_rich_style("map--selected", partial=True)
            segments.append(Segment(STAYS if stays else LEFT_OUT, style))
        return Strip(segments)

    @property
    def _place(self) -> tuple[int, int] | None:
        return next(
            (cell for cell, held in self._cells.items() if any(one[0] == self._selected for one in held)),
            None,
        )

    def _lay(self) -> None:
        width, height = self.size.width - 1, self.size.height - 1
        self._cells = {}
        if width > 0 and height > 0:
            for one in self._spots:
                cell = round(one[1] * width), round((1 - one[2]) * height)
                self._cells.setdefault(cell, []).append(one)
        self.refresh()

    def _select(self, name: str) -> None:
        self._selected = name
        here = self._place
        held = [one[0] for one in self._cells[here]] if here is not None else [name]
        self.post_message(self.Selected(name, held.index(name) + 1, len(held)))
        self.refresh()
