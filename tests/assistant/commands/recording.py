"""An interface that remembers what a command asked of it."""

from collections.abc import Sequence

from assistant.commands.base import Severity


class Recorder:
    """Panels named in ``panels`` open; ``pick`` takes the value at ``picks``."""

    def __init__(self, *, panels: Sequence[str] = (), picks: int | None = None) -> None:
        self.shown: list[str] = []
        self.said: list[tuple[str, str]] = []
        self.opened: list[str] = []
        self.worked: list[str] = []
        self.offered: list[tuple[str, str]] = []
        self.changed = 0
        self.left = False
        self._panels = panels
        self._picks = picks

    def show(self, markdown: str) -> None:
        self.shown.append(markdown)

    def notify(self, text: str, severity: Severity = "information") -> None:
        self.said.append((severity, text))

    def note(self, text: str) -> None:
        self.said.append(("information", text))

    def working(self, label: str) -> None:
        self.worked.append(label)

    async def open_panel(self, name: str) -> bool:
        if name in self._panels:
            self.opened.append(name)
            return True
        return False

    async def pick(self, title: str, choices: Sequence[tuple[str, str]]) -> str | None:
        self.offered = list(choices)
        return None if self._picks is None else choices[self._picks][0]

    async def session_changed(self) -> None:
        self.changed += 1

    def exit(self) -> None:
        self.left = True

    @property
    def errors(self) -> list[str]:
        return [text for severity, text in self.said if severity == "error"]
