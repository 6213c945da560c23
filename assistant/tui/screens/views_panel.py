"""A panel with several views, of which one is open: a digit or Ctrl+N opens another."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from assistant.tui.screens.acting import ActingPanel
from assistant.tui.widgets.view_tabs import ViewTabs


class ViewsPanel(ActingPanel):
    """Put ``ViewTabs(VIEWS, ...)`` and a ``ContentSwitcher`` with the views, by their ids, into ``parts``."""

    VIEWS: ClassVar[Mapping[str, str]] = {}
    """The title of each, by its name."""
    HINTS: ClassVar[Mapping[str, str]] = {}
    """The keys of each, at the lower edge."""
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"view_at({number})", show=False) for number in range(1, 5)),
        Binding("ctrl+n", "next_view", "Next view", show=False, priority=True),
    ]

    @property
    def view(self) -> str:
        """The name of the one that is open."""
        return self.query_one(ContentSwitcher).current or next(iter(self.VIEWS))

    def focus_of(self, name: str) -> Widget:
        """What keys go to when this view is opened."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the view that is open."""

    def action_view(self, name: str) -> None:
        self.query_one(ContentSwitcher).current = name
        self.query_one(ViewTabs).mark(name)
        self.show_hint(self.HINTS[name])
        self.focus_of(name).focus()
        self.draw()

    def action_view_at(self, number: int) -> None:
        if number <= len(self.VIEWS):
            self.action_view(list(self.VIEWS)[number - 1])

    def action_next_view(self) -> None:
        names = list(self.VIEWS)
        self.action_view(names[(names.index(self.view) + 1) % len(names)])

    @on(ViewTabs.Wanted)
    def _tab_clicked(self, event: ViewTabs.Wanted) -> None:
        self.action_view(event.name)
