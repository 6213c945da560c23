"""The last line of the screen: mode, student, sandbox, context, cache, speed, session."""

from textual.content import Content
from textual.widgets import Static

from assistant.agent.api import Status
from assistant.tui.status_text import status_content


class StatusLine(Static):
    """Draws the last ``Status`` it was given; it asks nobody."""

    def __init__(self, status: Status) -> None:
        super().__init__(id="status")
        self._status = status

    def show(self, status: Status) -> None:
        """Draw ``status`` where it differs from what is shown."""
        if status != self._status:
            self._status = status
            self.refresh()

    def render(self) -> Content:
        return status_content(self._status, self.content_size.width)
