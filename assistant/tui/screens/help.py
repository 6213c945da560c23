"""All commands and keys, from the registry and the key table."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.text_safety import clean_line
from assistant.tui.keys import key_groups
from assistant.tui.screens.panel import PanelScreen

Group = tuple[str, Sequence[tuple[str, str]]]


class HelpScreen(PanelScreen[None]):
    """``commands`` are ``(line, summary)``."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,enter,question_mark", "close", "Close", show=False)]

    def __init__(self, commands: Sequence[tuple[str, str]]) -> None:
        super().__init__("Help", "Up Down scroll · Esc closes")
        self._commands = commands

    def content(self) -> ComposeResult:
        with VerticalScroll(id="panel-body"):
            for group in help_groups(self._commands):
                yield Static(_group_content(group), classes="help-group")


def help_groups(commands: Sequence[tuple[str, str]]) -> list[Group]:
    """Prefixes and keys by group, the commands before them."""
    groups: list[Group] = [("Commands", commands)]
    groups += [(name, [(key.keys, key.does) for key in keys]) for name, keys in key_groups().items()]
    return groups


def _group_content(group: Group) -> Content:
    name, rows = group
    width = min(26, max((len(left) for left, _ in rows), default=0))
    parts: list[tuple[str, str]] = [(name, "bold $primary")]
    for left, right in rows:
        label = clean_line(left, 80)
        gap = " " * (width - len(label)) if len(label) <= width else "\n" + " " * (width + 2)
        parts += [("\n  " + label, "bold"), (gap + "  " + clean_line(right, 160), "$text-muted")]
    return Content.assemble(*parts)
