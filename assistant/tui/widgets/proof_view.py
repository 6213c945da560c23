"""What became of a run: the gate, the comparison, who serves."""

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.train_run import Seen
from assistant.tui.train_lines import proof_lines, proof_text


class ProofView(Vertical):
    """Draws what it is shown; the keys are the screen's."""

    def __init__(self) -> None:
        super().__init__(id="proof", classes="view")
        self._shown = ""

    def compose(self) -> ComposeResult:
        yield Static(id="proof-facts", markup=False)
        with VerticalScroll():
            yield Static(id="proof-text", markup=False)

    def show(self, seen: Seen, serving: str) -> None:
        """Draw where it stands; ``serving`` is who serves now."""
        self.query_one("#proof-facts", Static).update(Content(proof_lines(seen, serving)))
        text = proof_text(seen)
        if text != self._shown:
            self._shown = text
            self.query_one("#proof-text", Static).update(Content(text))
            self.query_one(VerticalScroll).scroll_home(animate=False)
