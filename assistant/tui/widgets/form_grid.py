"""Fields that a person fills in, each beside its name."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Grid
from textual.widgets import Input, Static

from assistant.tui.widgets.field import Field


class FormGrid(Grid):
    """``fields`` has for each its label and what may be written, by its name."""

    def __init__(self, fields: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(id="form")
        self._fields = fields

    def compose(self) -> ComposeResult:
        for name, (label, hint) in self._fields.items():
            yield Static(label, classes="label")
            field = Field(placeholder=hint, id=name, compact=True)
            field.cursor_blink = False
            yield field

    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {name: self.query_one(f"#{name}", Input).value for name in self._fields}

    def fill(self, form: object) -> None:
        """With the attributes of ``form``; where the person was quicker, what they wrote stays."""
        for name in self._fields:
            field = self.query_one(f"#{name}", Input)
            field.value = field.value or getattr(form, name)
