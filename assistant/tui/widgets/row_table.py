"""A table that draws only the rows in sight, however many there are.

Invariant: cells are inert text before they come here; a row is drawn from them alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

_GAP = 2


@dataclass(frozen=True)
class Column:
    """``width`` in cells; those of 0 share what the others leave. ``right`` aligns figures.

    It is shown where the table is at least ``from_width`` cells wide.
    """

    title: str
    width: int = 0
    right: bool = False
    from_width: int = 0


@dataclass(frozen=True)
class TableRow:
    """``key`` names it; ``tones`` gives cells by their place a tone: good, bad, muted."""

    key: str
    cells: tuple[str, ...]
    tones: tuple[tuple[int, str], ...] = ()


class RowTable(ScrollView, can_focus=True):
    """Rows under a head that stays. Up, Down, Page, Home and End move the mark; Enter chooses."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-table--head", "row-table--mark", "row-table--good", "row-table--bad", "row-table--muted"
    }  # fmt: skip
    DEFAULT_CSS = """
    RowTable { background: $background; scrollbar-size-vertical: 1; overflow-x: hidden; }
    RowTable .row-table--head { color: $text-muted; text-style: bold; }
    RowTable .row-table--mark { background: $panel; text-style: bold; }
    RowTable:ansi .row-table--mark { text-style: reverse; }
    RowTable:focus .row-table--mark {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    RowTable .row-table--good { color: $success; }
    RowTable .row-table--bad { color: $error; }
    RowTable .row-table--muted { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "walk(-1)", show=False),
        Binding("down,j", "walk(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
        Binding("enter", "choose", show=False),
    ]
    marked: reactive[int] = reactive(0, repaint=False)

    class Chosen(Message):
        """Enter, or a second click, on the row of this key."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Marked(Message):
        """The mark stands on this row."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class NearEnd(Message):
        """The last rows are in sight, or soon will be."""

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = columns
        self._rows: list[TableRow] = []

    @property
    def rows(self) -> Sequence[TableRow]:
        return self._rows

    @property
    def row_count(self) -> int:
        return len(self._rows)

    @property
    def marked_row(self) -> TableRow | None:
        return self._rows[self.marked] if self._rows else None

    def add(self, rows: Sequence[TableRow]) -> None:
        """Put rows below the others."""
        first = not self._rows
        self._rows += rows
        self._resized()
        if first and rows:
            self.marked = 0
            self.post_message(self.Marked(rows[0].key))

    def show(self, rows: Sequence[TableRow]) -> None:
        """Put these rows in the place of all; the mark stays on its row, wherever that is now."""
        if rows == self._rows:
            return
        before = self.marked_row
        self._rows = list(rows)
        keys = [row.key for row in rows]
        at = keys.index(before.key) if before is not None and before.key in keys else 0
        self.set_reactive(RowTable.marked, at)
        self._resized()
        self.watch_marked()

    def put(self, row: TableRow) -> None:
        """Show a row anew, where it is."""
        for place, old in enumerate(self._rows):
            if old.key == row.key:
                self._rows[place] = row
        self.refresh()

    def forget(self, count: int) -> None:
        """Drop the uppermost rows; the others stay where they are on the screen."""
        del self._rows[:count]
        top = max(0, self.scroll_offset.y - count)
        self.set_reactive(RowTable.marked, max(0, self.marked - count))
        self._resized()
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def clear(self) -> None:
        self._rows = []
        self.set_reactive(RowTable.marked, 0)
        self._resized()
        self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def step(self, by: int) -> str | None:
        """Move the mark; the key that it stands on now, or None where it cannot move."""
        before = self.marked
        self.marked += by
        return self.marked_row.key if self.marked_row and self.marked != before else None

    def watch_marked(self) -> None:
        height = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if not top <= self.marked < top + height:
            to = self.marked if self.marked < top else self.marked - height + 1
            self.scroll_to(y=to, animate=False, immediate=True, force=True)
        self.refresh()
        if self.marked_row is not None:
            self.post_message(self.Marked(self.marked_row.key))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._rows and new_value + 2 * self.size.height >= len(self._rows):
            self.post_message(self.NearEnd())

    def validate_marked(self, marked: int) -> int:
        return max(0, min(len(self._rows) - 1, marked))

    def action_walk(self, by: int) -> None:
        self.marked += by

    def action_page(self, by: int) -> None:
        self.marked += by * max(1, self.size.height - 2)

    def action_first(self) -> None:
        self.marked = 0

    def action_last(self) -> None:
        self.marked = len(self._rows) - 1

    def action_choose(self) -> None:
        if self.marked_row is not None:
            self.post_message(self.Chosen(self.marked_row.key))

    def on_click(self, event: events.Click) -> None:
        at = self.scroll_offset.y + event.y - 1
        if event.y > 0 and at < len(self._rows):
            self.marked = at
            if event.chain == 2:
                self.action_choose()

    def on_resize(self) -> None:
        self._resized()
        self.watch_marked()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y == 0:
            head = TableRow("", tuple(column.title for column in self._columns))
            return self._strip(head, width, "row-table--head")
        at = self.scroll_offset.y + y - 1
        if at >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        return self._strip(self._rows[at], width, "row-table--mark" if at == self.marked else "")

    def _strip(self, row: TableRow, width: int, dress: str) -> Strip:
        style = self.get_component_rich_style(dress) if dress else self.rich_style
        tones = dict(row.tones) if not dress else {}
        segments = [Segment(" ", style)]
        for place, size in self._places(width):
            cell = row.cells[place]
            text = cell.rjust(size) if self._columns[place].right else cell
            tone = self.get_component_rich_style(f"row-table--{tones[place]}") if place in tones else style
            segments.append(Segment(set_cell_size(text, size), tone))
            segments.append(Segment(" " * _GAP, style))
        return Strip(segments).adjust_cell_length(width, style)

    def _places(self, width: int) -> list[tuple[int, int]]:
        """The columns that are shown, by their place, and how wide each is."""
        shown = [place for place, column in enumerate(self._columns) if column.from_width <= width]
        sizes = {place: self._columns[place].width for place in shown}
        sharing = [place for place in shown if not sizes[place]]
        rest = max(0, width - 1 - sum(sizes.values()) - _GAP * (len(shown) - 1))
        for number, place in enumerate(sharing):
            part = rest // (len(sharing) - number)
            sizes[place] = max(5, part)
            rest -= part
        return list(sizes.items())

    def _resized(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        self.refresh()
        if self._rows and self.scroll_offset.y + 2 * self.size.height >= len(self._rows):
            self.post_message(self.NearEnd())
