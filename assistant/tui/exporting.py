"""An export out of a view of the decisions panel: asked for a name, written in a thread, told along the way.

Invariant: one at a time; leaving the view gives it up, and then no file is there.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain, count
from pathlib import Path

from textual.widget import Widget

from assistant.text_safety import clean
from assistant.tui.decision_pages import Stopped
from assistant.tui.formatting import rows
from training.events.base import EventLogError
from training.products.base import ProductError

Tell = Callable[[int], None]
Write = Callable[[Path, Tell], int]
"""Writes a file and gives the number of its rows; it tells how many it has done so far."""


class Export:
    """The export of one view. ``begun`` and ``ended`` are called in the interface's thread."""

    def __init__(
        self, view: Widget, folder: Path, begun: Callable[[], None], ended: Callable[[], None]
    ) -> None:
        self._view = view
        self._folder = folder
        self._begun = begun
        self._ended = ended
        self._given_up = False
        self._done = 0
        self.running = False

    def ask(self, what: str, suggested: str, kinds: Sequence[str], write: Write) -> None:
        """Ask for the name of a file of one of ``kinds``; then write it."""
        from assistant.tui.screens.ask_file import AskFileScreen

        def named(path: Path | None) -> None:
            if path is not None:
                self._view.run_worker(self._run(path, write), group="export")

        if not self.running and self._view.screen.is_current:
            free = free_name(self._folder, suggested)
            self._view.app.push_screen(AskFileScreen(what, self._folder, free, kinds), named)

    def give_up(self) -> None:
        """End it at the next row."""
        self._given_up = True

    def status(self) -> str:
        """How far it is."""
        return f"exporting: {self._done:,} read; Esc gives it up"

    async def _run(self, path: Path, write: Write) -> None:
        self.running, self._done = True, 0
        self._begun()
        try:
            written = await asyncio.to_thread(write, path, self._tell)
        except Stopped:
            return
        except (EventLogError, ProductError, OSError) as error:
            self._view.notify(clean(f"{path.name}: {error}"), severity="error", markup=False)
        else:
            self._view.notify(clean(f"wrote {rows(written)} to {path}"), markup=False)
        finally:
            self.running = False
        self._ended()

    def _tell(self, done: int) -> None:
        """Called in the thread that writes."""
        if self._given_up:
            raise Stopped
        self._done = done


def free_name(folder: Path, wanted: str) -> str:
    """``wanted``, or the first of ``wanted-2``, ``wanted-3`` ... that ``folder`` does not hold."""
    name = Path(wanted)
    numbered = (f"{name.stem}-{number}{name.suffix}" for number in count(2))
    return next(one for one in chain([wanted], numbered) if not (folder / one).exists())
