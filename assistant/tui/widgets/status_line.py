"""The last line of the screen: mode, student, sandbox, context, jobs, cache, speed, session."""

from textual.content import Content
from textual.widgets import Static

from assistant.agent.api import Status
from assistant.tui.status_text import status_content


class StatusLine(Static):
    """Draws the last ``Status`` it was given; it asks nobody."""

    def __init__(self, status: Status) -> None:
        super().__init__(id="status")
        self.status = status
        self._jobs = ""

    def show(self, status: Status, jobs: str = "") -> None:
        """Draw ``status`` and the running ``jobs`` where they differ from what is shown."""
        if (status, jobs) != (self.status, self._jobs):
            self.status, self._jobs = status, jobs
            self.refresh()

    def render(self) -> Content:
        return status_content(self.status, self.content_size.width, self._jobs)
