"""The list above the prompt: what could complete the text, or what was sent before."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import Static

from assistant.text_safety import clean_line

ROWS = 8


@dataclass(frozen=True)
class Choice:
    """One row. ``value`` is what choosing it puts into the prompt."""

    value: str
    label: str
    note: str = ""


class Popup(Static):
    """Up to eight rows around the chosen one. Hidden where there is no choice."""

    def __init__(self) -> None:
        super().__init__(id="popup", classes="hidden")
        self._choices: tuple[Choice, ...] = ()
        self._at = 0

    @property
    def is_open(self) -> bool:
        return bool(self._choices)

    @property
    def chosen(self) -> Choice | None:
        return self._choices[self._at] if self._choices else None

    @property
    def choices(self) -> tuple[Choice, ...]:
        return self._choices

    def offer(self, choices: Sequence[Choice]) -> None:
        """Show ``choices``, the first one chosen; none of them closes the list."""
        if tuple(choices) == self._choices:
            return
        self._choices, self._at = tuple(choices), 0
        self.set_class(not choices, "hidden")
        self._draw()

    def close(self) -> None:
        self.offer(())

    def move(self, by: int) -> None:
        """Choose the next (1) or previous (-1) row, around the ends."""
        if self._choices:
            self._at = (self._at + by) % len(self._choices)
            self._draw()

    def _draw(self) -> None:
        start = max(0, min(self._at - ROWS // 2, len(self._choices) - ROWS))
        rows = self._choices[start : start + ROWS]
        width = min(44, max((len(row.label) for row in rows), default=0))
        lines = []
        for offset, row in enumerate(rows):
            chosen = start + offset == self._at
            label = clean_line(row.label, 120)
            lines.append(
                Content.assemble(
                    ("▸ " if chosen else "  ", "$primary"),
                    (f"{label:<{width}}", "bold $primary" if chosen else ""),
                    (f"  {clean_line(row.note, 80)}" if row.note else "", "$text-muted"),
                )
            )
        self.update(Content("\n").join(lines))
