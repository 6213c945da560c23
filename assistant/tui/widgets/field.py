"""One line that a person writes.

Invariant: what is put into it, by hand, by paste or by the program, holds nothing that a terminal acts upon.
"""

from textual import events
from textual.widgets import Input

from assistant.text_safety import clean_line
from assistant.tui.widgets.editor import act_at_once

MOST = 10_000


class Field(Input):
    """An ``Input`` whose value is always what it looks like."""

    async def _on_key(self, event: events.Key) -> None:
        await act_at_once(self, event)

    def validate_value(self, value: str) -> str:
        """The value as it is shown, at most ``MOST`` characters."""
        return clean_line(value, MOST)
