"""One line with the views of a panel, by the digit that opens each."""

from collections.abc import Mapping

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class ViewTabs(Static):
    """``views`` has the title of each by its name; a click asks for one."""

    class Wanted(Message):
        """The view of this name was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, views: Mapping[str, str], current: str) -> None:
        self._views = views
        super().__init__(self._line(current), id="tabs")

    def mark(self, current: str) -> None:
        """Show which view is open."""
        self.update(self._line(current))

    def on_click(self, event: events.Click) -> None:
        right = 0
        for number, (name, title) in enumerate(self._views.items(), 1):
            left, right = right, right + len(_tab(number, title)) + 1
            if left <= event.x < right - 1:
                self.post_message(self.Wanted(name))

    def _line(self, current: str) -> Content:
        parts: list[tuple[str, str]] = []
        for number, (name, title) in enumerate(self._views.items(), 1):
            parts.append((_tab(number, title), "bold reverse $primary" if name == current else "$text-muted"))
            parts.append((" ", ""))
        return Content.assemble(*parts)


def _tab(number: int, title: str) -> str:
    return f" {number} {title} "
