"""A call and its whole result."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.outgoing import outgoing_text
from assistant.text_safety import visible
from assistant.tui.formatting import argument_text, diff_content, duration, whole
from assistant.tui.screens.panel import PanelScreen
from tools.calls import ToolCall, ToolResult

ARGUMENTS_SHOWN = 200_000


class DetailsScreen(PanelScreen[None]):
    """``result`` is None where the call has not run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "close", "Close", show=False),
        Binding("c", "copy", "Copy", show=False),
    ]

    def __init__(self, call: ToolCall, result: ToolResult | None) -> None:
        super().__init__(f"{call.tool}", "Up Down scroll · c copies the result · Esc closes")
        self._call = call
        self._result = result

    def content(self) -> ComposeResult:
        with VerticalScroll(id="panel-body"):
            yield Static(self._report())

    def action_copy(self) -> None:
        """Copy the result as it is shown, but for the wrapping, without secrets."""
        text = self._result.text if self._result else argument_text(self._call.arguments)
        self.app.copy_to_clipboard(outgoing_text(text))
        self.notify("Copied", markup=False)

    def _report(self) -> Content:
        arguments = visible(argument_text(self._call.arguments)[:ARGUMENTS_SHOWN])
        parts: list[Content | tuple[str, str] | str] = [(f"{arguments}\n\n", "bold")]
        result = self._result
        if result is None:
            return Content.assemble(*parts, ("It has not run yet.", "$text-muted"))
        parts.append((_ending(result) + "\n\n", "$success" if result.success else "$error"))
        if result.diff:
            parts += [diff_content(result.diff), "\n\n"]
        parts.append(whole(result.text))
        return Content.assemble(*parts)


def _ending(result: ToolResult) -> str:
    facts = ["done" if result.success else "failed"]
    if result.exit_code is not None:
        facts.append(f"exit {result.exit_code}")
    if result.execution_time_ms:
        facts.append(duration(result.execution_time_ms))
    if result.truncated:
        facts.append("the student was shown a part of it")
    return " · ".join(facts)
