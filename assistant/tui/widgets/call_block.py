"""One call in the transcript: its name, its arguments, how sure the student was, what came of it."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from assistant.agent.marks import Mark
from assistant.agent.steps import Call, Observation
from assistant.text_safety import clean_line
from assistant.tui.formatting import argument_line, diff_content, diff_counts, duration, fold
from assistant.tui.messages import DetailsWanted
from tools.calls import ToolCall, ToolResult

DIFF_LINES = 24
UNSURE = 0.5
REFUSALS = ("refused", "denied")


class CallHeader(Static):
    """Name and arguments on the left, the outcome at the right edge; the arguments give way."""

    def __init__(self, name: str, arguments: str) -> None:
        super().__init__(classes="call-header")
        self._title = Content.assemble((name, "bold"), "  ", (arguments, "$text-muted"))
        self._mark = "$primary"
        self._outcome = Content("")

    def set_outcome(self, outcome: Content, mark: str) -> None:
        """``mark`` is the style of the dot in front."""
        self._outcome, self._mark = outcome, mark
        self.refresh()

    def add_outcome(self, more: Content) -> None:
        self._outcome += more
        self.refresh()

    def render(self) -> Content:
        left, right = Content.assemble(("● ", self._mark), self._title), self._outcome
        width = self.content_size.width
        room = width - right.cell_length - 2
        if room < 8:
            return Content.assemble(left, "  ", right)
        left = left.truncate(room, ellipsis=True)
        return Content.assemble(left, " " * (width - left.cell_length - right.cell_length), right)


class CallBlock(Vertical):
    """A decision and, once it ran, its folded result. Ctrl+O or a click opens the whole of it."""

    def __init__(
        self, call: ToolCall, *, confidence: float = 0.0, doubt: str = "", shell: bool = False
    ) -> None:
        super().__init__(classes="block call")
        self.call = call
        self.result: ToolResult | None = None
        self._confidence = confidence
        self._progress = ""
        name = "!" if shell else clean_line(call.tool, 60)
        self._header = CallHeader(name, argument_line(call.arguments))
        self._diff = Static(classes="call-diff hidden")
        self._body = Static(classes="call-body hidden")
        if doubt:
            self._show_body(Content(doubt))

    @classmethod
    def of(cls, step: Call) -> "CallBlock":
        """The block of a decision that was just made."""
        doubt = ""
        if step.alternatives and 0 < step.confidence < UNSURE:
            name, probability = step.alternatives[0]
            doubt = f"unsure: {clean_line(name, 60)} at {probability:.0%}"
        block = cls(step.call, confidence=step.confidence, doubt=doubt)
        block.show_running()
        return block

    @classmethod
    def again(cls, call: ToolCall, text: str | None, mark: Mark | None, *, failed: bool) -> "CallBlock":
        """The block of an earlier run's call; ``text`` is None where nothing was observed."""
        block = cls(call, confidence=mark.confidence if mark else 0.0)
        verdict = mark.verdict if mark else ""
        if text is not None:
            took = mark.took_ms if mark else 0.0
            by = verdict if verdict in REFUSALS else ""
            block.show_result(ToolResult(not failed, text, execution_time_ms=took), by)
            if not failed and not (mark and mark.success):
                block._say("", "$text-muted")  # old sessions do not say what failed
        if verdict and verdict not in REFUSALS:
            block._say_more(verdict)
        return block

    def compose(self) -> ComposeResult:
        yield self._header
        yield self._diff
        yield self._body

    def on_click(self) -> None:
        self.post_message(DetailsWanted(self.call, self.result))

    def show_waiting(self) -> None:
        """The call waits for the person."""
        self._say("waits for you", "$warning")

    def show_running(self) -> None:
        """The person has answered, and no result is there yet."""
        self._say("…", "$text-muted", mark="$primary")

    def show_broken_off(self) -> None:
        """The turn ended before there was a result."""
        if self.result is None:
            self._say("⊘ interrupted", "$warning")

    def show_progress(self, text: str) -> None:
        """Output as it arrives; its last lines are shown until the result is there."""
        self._progress = (self._progress + text)[-8000:]
        self._show_body(Content(fold(self._progress, 4, tail=True).text))

    def show_result(self, result: ToolResult, confirmed_by: str = "") -> None:
        """What the call did."""
        self.result = result
        self._progress = ""
        self._end(result, confirmed_by)
        if result.diff:
            self._diff.update(diff_content(result.diff, DIFF_LINES))
            self._diff.remove_class("hidden")
        folded = fold(result.text)
        failed = not result.success and confirmed_by not in REFUSALS
        parts: list[tuple[str, str] | str] = [(folded.text, "$error" if failed else "")]
        if folded.hidden:
            lines = "line" if folded.hidden == 1 else "lines"
            parts.append((f"\n… {folded.hidden:,} more {lines}, Ctrl+O shows all", "$text-disabled"))
        if not result.diff or not result.success:
            self._show_body(Content.assemble(*parts))
        else:
            self._body.add_class("hidden")

    def show_observation(self, step: Observation) -> None:
        self.show_result(step.result, step.confirmed_by)

    def _show_body(self, content: Content) -> None:
        self._body.update(content)
        self._body.set_class(not content.plain.strip(), "hidden")

    def _end(self, result: ToolResult, confirmed_by: str) -> None:
        took = f" {duration(result.execution_time_ms)}" if result.execution_time_ms else ""
        changed = ""
        if result.diff:
            added, removed = diff_counts(result.diff)
            changed = f"+{added} −{removed} "
        if confirmed_by in REFUSALS:
            self._say("⊘ " + confirmed_by, "$warning")
        elif result.success:
            self._say(f"{changed}✓{took}", "$success")
        else:
            code = f" exit {result.exit_code} ·" if result.exit_code else ""
            self._say(f"{changed}✗{code}{took}".rstrip(" ·"), "$error")

    def _say(self, outcome: str, style: str, *, mark: str = "") -> None:
        sure = f"{self._confidence:.0%}  " if self._confidence else ""
        unsure = 0 < self._confidence < UNSURE
        text = Content.assemble((sure, "$warning" if unsure else "$text-disabled"), (outcome, style))
        self._header.set_outcome(text, mark or style)

    def _say_more(self, verdict: str) -> None:
        """Add the user's word on the call."""
        style = {"good": "$success", "bad": "$error"}.get(verdict, "$warning")
        self._header.add_outcome(Content.assemble("  ", (verdict, style)))
