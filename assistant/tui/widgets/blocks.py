"""The plain blocks of the transcript: what the person said, one-line notices, the welcome."""

from pathlib import Path
from typing import Literal

from textual.content import Content
from textual.widgets import Static

from assistant.agent.api import Status
from assistant.modes import MODES
from assistant.text_safety import clean, clean_line
from assistant.tui.formatting import fold
from assistant.tui.status_text import sandbox_name, short_model

NoticeKind = Literal["notice", "thought", "failure", "facts"]
_MARKS: dict[NoticeKind, str] = {"notice": "· ", "thought": "… ", "failure": "✗ ", "facts": "= "}


REQUEST_LINES = 20
REQUEST_WIDTH = 4000


class UserBlock(Static):
    """A request, folded where it is long. ``index`` is its place in the session's messages."""

    def __init__(self, text: str, index: int) -> None:
        folded = fold(text, REQUEST_LINES, REQUEST_WIDTH)
        hidden = f"\n… {folded.hidden:,} more lines" if folded.hidden else ""
        super().__init__(Content.assemble(folded.text, (hidden, "$text-disabled")), classes="block")
        self.index = index


class NoticeBlock(Static):
    """One line the person should know: a notice, a thought, or why the turn failed."""

    def __init__(self, text: str, kind: NoticeKind = "notice") -> None:
        super().__init__(Content(_MARKS[kind] + clean(text)), classes=f"block {kind}")
        self._mark = _MARKS[kind]

    def say(self, text: str) -> None:
        """Say this in the place of what was said."""
        self.update(Content(self._mark + clean(text)))


class WelcomeBlock(Static):
    """The empty state: what this is, where it stands, what to do first."""

    def __init__(self, status: Status) -> None:
        super().__init__(classes="block")
        self.show_status(status)

    def show_status(self, status: Status) -> None:
        """Draw again: the student or the sandbox became ready, or the mode changed."""
        facts = " · ".join(
            (
                _short_path(status.workspace),
                f"{short_model(status.student)} {status.student_state}",
                f"{sandbox_name(status)} {status.sandbox_state}",
            )
        )
        rows = (
            ("Ask", "where is parse_config defined?"),
            ("@file", "point at a file of the workspace"),
            ("!command", "run a shell command in the sandbox"),
            ("/help", "all commands and keys, also with F1"),
            ("Shift+Tab", f"mode {status.mode}: {MODES.get(status.mode, '')}"),
        )
        parts: list[tuple[str, str] | str] = [
            ("◆ Apprentice", "bold $primary"),
            ("\nA local student that gets better at its own tools.\n\n", "$text-muted"),
            (facts + "\n\n", "$secondary"),
        ]
        for key, meaning in rows:
            parts += [(f"{key:<12}", "bold"), (meaning + "\n", "$text-muted")]
        parts.append(("\nEvery decision is recorded; every refusal teaches.", "$text-disabled"))
        self.update(Content.assemble(*parts))


def _short_path(path: str) -> str:
    home = str(Path.home())
    return clean_line("~" + path[len(home) :] if path == home or path.startswith(home + "/") else path, 48)
