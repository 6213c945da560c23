"""Asks the person about one call: the exact text, where it would run, why it is asked.

Invariant: refusal is the default, and a key that was pressed before the panel had been on the screen
for 300 ms answers nothing.
"""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from assistant.agent.steps import Confirmation, Reply, Verdict
from assistant.call_text import from_text, to_text
from assistant.text_safety import clean_line, visible
from assistant.tui.external_editor import EditorError, edit, editor_command, wants_editor
from assistant.tui.formatting import argument_text, diff_content
from assistant.tui.messages import Replied
from assistant.tui.widgets.editor import Editor
from assistant.tui.widgets.field import Field

GUARD_S = 0.3
SHOWN = 20_000
ROOMY = 72
"""Columns that the words beside the keys need."""
CHOICES = (("y", "once"), ("s", "session"), ("a", "always"), ("e", "edit"), ("n", "no"))
_VERDICTS = {"y": Verdict.ONCE, "s": Verdict.SESSION, "a": Verdict.ALWAYS}


class CallEditor(Editor):
    """The call as text. Enter or Ctrl+S shows it again, Ctrl+J is a new line, Esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,shift+enter,alt+enter", "new_line", "New line", show=False),
        Binding("ctrl+s", "done", "Done", show=False),
        Binding("ctrl+g", "editor", "Editor", show=False),
    ]

    class Done(Message):
        """The user is done with editing."""

    class EditorWanted(Message):
        """The user wants to go on in their own editor."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_done()

    def action_new_line(self) -> None:
        self.insert("\n")

    def action_done(self) -> None:
        self.post_message(self.Done())

    def action_editor(self) -> None:
        self.post_message(self.EditorWanted())


class ConfirmationPanel(Vertical, can_focus=True):
    """Posts ``Replied`` once."""

    class Shown(Message):
        """The panel has been drawn; its time starts the guard."""

    def __init__(self, confirmation: Confirmation) -> None:
        super().__init__(id="confirmation", classes=f"risk-{confirmation.risk.value}")
        self.confirmation = confirmation
        self._open_since: float | None = None
        self.border_title = Content(f"{clean_line(confirmation.call.tool, 40)} · {confirmation.risk.value}")
        self.border_subtitle = Content(clean_line(confirmation.where, 60))

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="confirmation-body", can_focus=False):
            yield Static(self._what(), id="confirmation-what")
            if self.confirmation.preview:
                yield Static(diff_content(self.confirmation.preview), id="confirmation-diff")
        yield Static(self._why(), id="confirmation-why")
        yield Static(self._choices(), id="confirmation-choices")

    def on_mount(self) -> None:
        self.focus()
        self.call_after_refresh(self.post_message, self.Shown())

    def on_confirmation_panel_shown(self, event: "ConfirmationPanel.Shown") -> None:
        event.stop()
        self._open_since = event.time

    def on_key(self, event: events.Key) -> None:
        if event.key in ("ctrl+c", "ctrl+o", "ctrl+l", "f1"):
            return
        if isinstance(self.app.focused, Input | Editor):
            if event.key == "escape":
                event.stop()
                self._leave_input()
            return
        event.stop()
        event.prevent_default()
        if self._open_since is None or event.time - self._open_since < GUARD_S:
            return
        self._choose(event.key)

    def _choose(self, key: str) -> None:
        body = self.query_one("#confirmation-body", VerticalScroll)
        match key:
            case "y" | "s" | "a":
                self._answer(Reply(_VERDICTS[key]))
            case "e":
                self._edit()
            case "n":
                self._ask_reason()
            case "enter" | "escape":
                self._answer(Reply(Verdict.REFUSED))
            case "up":
                body.scroll_up(animate=False)
            case "down":
                body.scroll_down(animate=False)
            case "pageup":
                body.scroll_page_up(animate=False)
            case "pagedown":
                body.scroll_page_down(animate=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._answer(Reply(Verdict.REFUSED, reason=event.value.strip()))

    def on_call_editor_done(self, event: CallEditor.Done) -> None:
        event.stop()
        self._take(self.query_one(CallEditor).text)

    def on_call_editor_editor_wanted(self, event: CallEditor.EditorWanted) -> None:
        event.stop()
        self._edit_externally(self.query_one(CallEditor).text)

    def _take(self, text: str) -> None:
        """The edited call is shown and asked again; where it cannot be read, all that was typed stays."""
        try:
            arguments = from_text(text, self.confirmation.call)
        except ValueError as error:
            self._edit_here(text)
            self._problem(str(error))
            return
        if arguments == self.confirmation.call.arguments:
            self._leave_input()
        else:
            self._answer(Reply(Verdict.EDITED, arguments=arguments))

    def _answer(self, reply: Reply) -> None:
        self.can_focus = False
        self.post_message(Replied(self.confirmation, reply))

    def _edit(self) -> None:
        """In the user's own editor, or here where they named none or the terminal cannot be handed over."""
        text = to_text(self.confirmation.call).text
        if wants_editor():
            self._edit_externally(text)
        else:
            self._edit_here(text)

    def _edit_externally(self, text: str) -> None:
        try:
            command = editor_command()
            with self.app.suspend():
                text = edit(text, command, to_text(self.confirmation.call).name)
        except SuspendNotSupported:
            self._edit_here(text)
        except EditorError as error:
            self._edit_here(text)
            self._problem(str(error))
        else:
            self._take(text)

    def _edit_here(self, text: str) -> None:
        if self.query(CallEditor):
            self.query_one(CallEditor).load_text(text)
            return
        editor = CallEditor(text, id="confirmation-edit", compact=True, soft_wrap=True)
        editor.cursor_blink = False
        self.query_one("#confirmation-body").display = False
        self.mount(editor, before="#confirmation-why")
        self._hint("Enter shows it again · Ctrl+J new line · Ctrl+G $EDITOR · Esc back")
        editor.focus()

    def _ask_reason(self) -> None:
        reason = Field(
            placeholder="Why not? The student reads it. Enter sends, also empty.",
            id="confirmation-reason",
            compact=True,
        )
        reason.cursor_blink = False
        self.mount(reason, before="#confirmation-choices")
        self._hint("Enter refuses · Esc refuses without a reason")
        reason.focus()

    def _leave_input(self) -> None:
        if self.query("#confirmation-reason"):
            self._answer(Reply(Verdict.REFUSED))
            return
        self.query(CallEditor).remove()
        self.query_one("#confirmation-body").display = True
        self.query_one("#confirmation-choices", Static).update(self._choices())
        self.focus()

    def _problem(self, text: str) -> None:
        self.query_one("#confirmation-choices", Static).update(
            Content.styled(clean_line(text, 200), "$error")
        )

    def _hint(self, text: str) -> None:
        self.query_one("#confirmation-choices", Static).update(Content.styled(text, "$text-muted"))

    def _what(self) -> Content:
        arguments = self.confirmation.call.arguments
        if self.confirmation.preview and "path" in arguments:
            arguments = {"path": arguments["path"]}
        text = visible(argument_text(arguments)) or "no arguments"
        if len(text) <= SHOWN:
            return Content.styled(text, "bold")
        note = f"\n… {len(text) - SHOWN:,} characters are not shown here: Ctrl+O shows more"
        return Content.assemble((text[:SHOWN], "bold"), (note, "$error"))

    def _why(self) -> Content:
        lines: list[tuple[str, str] | str] = []
        for reason in self.confirmation.reasons[:6]:
            lines.append((clean_line(visible(reason), 160) + "\n", "$text-muted"))
        if len(self.confirmation.reasons) > 6:
            lines.append((f"… and {len(self.confirmation.reasons) - 6} more reasons\n", "$text-muted"))
        if self.confirmation.rule:
            lines += [
                ("s for the session, a in this workspace: ", "$text-muted"),
                (clean_line(visible(self.confirmation.rule), 160), "$secondary"),
            ]
            if self.confirmation.opens:
                lines.append(
                    (f"\n  such a rule {clean_line(visible(self.confirmation.opens), 200)}", "$text-muted")
                )
        return Content.assemble(*lines).rstrip()

    def _choices(self) -> Content:
        roomy = self.app.size.width >= ROOMY
        parts: list[tuple[str, str]] = []
        for key, label in CHOICES:
            parts += [(f" {key} ", "bold reverse"), (f" {label}   " if roomy else " ", "")]
        if roomy:
            parts.append(("Enter is no", "$text-muted"))
        return Content.assemble(*parts)
