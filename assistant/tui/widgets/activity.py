"""The line above the prompt: a spinner while something runs, a hint otherwise.

Invariant: no timer exists while nothing runs. The line keeps its place, so that nothing jumps.
"""

from time import monotonic

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from assistant.text_safety import clean_line

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
INTERVAL_S = 0.12


class Activity(Static):
    """Says what is under way. Without animations (TEXTUAL_ANIMATIONS=none) the spinner stands still."""

    def __init__(self) -> None:
        super().__init__(id="activity")
        self._timer: Timer | None = None
        self._label = ""
        self._extra = ""
        self._frame = 0
        self._since = 0.0

    @property
    def running(self) -> bool:
        """True while the spinner turns."""
        return bool(self._label)

    def work(self, label: str, extra: str = "") -> None:
        """Show that ``label`` is under way; ``extra`` stands behind it."""
        if not self._label:
            self._since, self._frame = monotonic(), 0
        self._label, self._extra = label, extra
        if self._timer is None and self.app.animation_level != "none":
            self._timer = self.set_interval(INTERVAL_S, self._turn)
        self._draw()

    def rest(self, hint: str = "") -> None:
        """Nothing is under way; ``hint`` is shown in its place."""
        self._label = ""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.update(Content.styled(clean_line(hint), "$text-muted"))

    def _turn(self) -> None:
        self._frame = (self._frame + 1) % len(FRAMES)
        self._draw()

    def _draw(self) -> None:
        waited = int(monotonic() - self._since) if self._timer is not None else 0
        facts = [clean_line(self._label, 60)]
        if waited >= 2:
            facts.append(f"{waited} s")
        if self._extra:
            facts.append(self._extra)
        text = " · ".join(facts)
        self.update(Content.assemble((FRAMES[self._frame] + " ", "$primary"), (text, "$text-muted")))
