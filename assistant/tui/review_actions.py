"""What the keys for reviews do, on whichever screen they are pressed."""

from typing import Any

from textual.screen import Screen

from assistant.text_safety import clean
from assistant.tui.reviewing import Reviewer, Row
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


async def correct(screen: Screen[Any], reviewer: Reviewer, event_id: str) -> Row | None:
    """Ask for what would have been right and record it. The row as it is now; None where nothing changed."""
    from assistant.tui.screens.decision_correction import CorrectionScreen

    try:
        row = await reviewer.row(event_id)
        if row is None:
            return None
        correction = await screen.app.push_screen_wait(CorrectionScreen(row, reviewer.known(row)))
        return None if correction is None else await reviewer.correct(event_id, correction)
    except EventLogError as error:
        _refused(screen, error)
        return None


def _refused(screen: Screen[Any], error: EventLogError) -> None:
    screen.notify(clean(str(error)), severity="error", markup=False)
