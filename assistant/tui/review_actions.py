"""What the keys for reviews do, on whichever screen they are pressed.

Invariant: nothing here waits for a screen that it has opened: a worker that does is cancelled with its own
screen, and would take the application along.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from textual.screen import Screen

from assistant.reviewing import Correction, Reviewer, Row
from assistant.text_safety import clean
from training.events.base import EventLogError


async def rate(screen: Screen[Any], reviewer: Reviewer, event_id: str, verdict: str) -> Row | None:
    """Record a rating. The row as it is now, or None where it could not be recorded, which is said."""
    try:
        row = await reviewer.rate(event_id, verdict)
    except EventLogError as error:
        _refused(screen, error)
        return None
    counts = str(row["review"]["verdict"]) if row and row["review"] else verdict
    if counts != verdict:  # a rating takes the place of no correction
        screen.notify(f"{verdict} is recorded; the decision stays {clean(counts)}", markup=False)
    return row


async def correct(
    screen: Screen[Any], reviewer: Reviewer, event_id: str, changed: Callable[[Row], None]
) -> None:
    """Ask for what would have been right; ``changed`` is told the row once it is recorded."""
    from assistant.tui.screens.decision_correction import CorrectionScreen

    def save(correction: Correction) -> Awaitable[Row | None]:
        return reviewer.correct(event_id, correction)

    def closed(row: Row | None) -> None:
        if row is not None:
            changed(row)

    try:
        row = await reviewer.row(event_id)
    except EventLogError as error:
        _refused(screen, error)
        return
    if row is not None and screen.is_current:
        screen.app.push_screen(CorrectionScreen(row, reviewer.known(row), save), closed)


def _refused(screen: Screen[Any], error: EventLogError) -> None:
    screen.notify(clean(str(error)), severity="error", markup=False)
