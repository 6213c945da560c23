"""What a person preferred of two students, without knowing which was which.

Invariant: an event per vote; whoever counts them again finds the same. Only votes for one of the two decide:
the share is of those, its interval Wilson's, 95 %; ``chance`` is the probability of so uneven a split, or one
more so, where both are as good.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from training.evaluation.report import interval
from training.events.base import Event, EventLog, EventType

Vote = Literal["won", "lost", "equal", "neither"]
"""Of the first of the two."""
SOURCE = "arena"
_TURNED: dict[Vote, Vote] = {"won": "lost", "lost": "won"}


@dataclass(frozen=True)
class Standing:
    """The votes of a pair so far; ``share`` and its bounds are None before the first that decides."""

    won: int = 0
    lost: int = 0
    equal: int = 0
    neither: int = 0
    share: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float = 1.0

    @property
    def votes(self) -> int:
        return self.won + self.lost + self.equal + self.neither


def vote_event(student: str, other: str, vote: Vote, request: str, decisions: tuple[str, str]) -> Event:
    """For the log; ``decisions`` are what ``student`` and ``other`` chose, as they were shown."""
    from training.registry.events import evaluated

    metrics = {"source": SOURCE, "against": other, "vote": vote, "request": request}
    return evaluated(student, {"cases": 1, "metrics": {**metrics, "decisions": list(decisions)}})


def votes_of(log: EventLog, student: str, other: str) -> dict[str, Vote]:
    """The newest vote on each request, whichever of the two was named first. Raises EventLogError."""
    found: dict[str, Vote] = {}
    for event in log.read(event_type=EventType.MODEL_EVALUATED):
        metrics = event.data.get("metrics") or {}
        pair = (event.aggregate_id, metrics.get("against"))
        if metrics.get("source") == SOURCE and pair in ((student, other), (other, student)):
            vote = metrics["vote"]
            found[str(metrics.get("request"))] = vote if pair[0] == student else _TURNED.get(vote, vote)
    return found


def standing(votes: Iterable[Vote]) -> Standing:
    """How the first of the two stands."""
    from training.registry.trials import mcnemar

    counted: dict[str, int] = dict.fromkeys(("won", "lost", "equal", "neither"), 0)
    for vote in votes:
        counted[vote] += 1
    won, lost = counted["won"], counted["lost"]
    if not won + lost:
        return Standing(**counted)
    low, high = interval([True] * won + [False] * lost)
    share = round(won / (won + lost), 4)
    return Standing(**counted, share=share, low=low, high=high, chance=mcnemar(won, lost))
