"""Text that a person writes, with keys that take effect in the order in which they were pressed.

Textual inserts a character as soon as its widget sees it, but lets a key that is bound bubble up to the
application before its action runs. Where keys come faster than they bubble (a slow line, a terminal
multiplexer, a tool that types), a Ctrl+U would delete what was typed after it, too.
"""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TextArea


async def act_at_once(widget: Widget, event: events.Key) -> None:
    """Run the action that ``widget`` itself binds to the key, if any.

    What a binding asks of another namespace (``screen.``, ``app.``) still bubbles; it may wait for the
    widget.
    """
    for binding in widget._bindings.key_to_bindings.get(event.key, ()):
        own = not binding.priority and "." not in binding.action
        if own and await widget.app.run_action(binding.action, widget):
            event.stop()
            event.prevent_default()
            return


class Editor(TextArea):
    """A ``TextArea`` that acts on its keys in their order."""

    # Terminals without the Kitty protocol send the same as for Ctrl+Left and Ctrl+Right.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+b", "cursor_word_left", "Word left", show=False),
        Binding("alt+f", "cursor_word_right", "Word right", show=False),
        Binding("alt+d", "delete_word_right", "Delete word", show=False),
    ]

    async def _on_key(self, event: events.Key) -> None:
        await act_at_once(self, event)
