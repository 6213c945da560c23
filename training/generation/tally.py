"""Why examples were left out: a count for each reason, and a few cases of each to look at.

Invariant: what was checked is what was kept and what was rejected; the counts go on over a resume.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.datasets.example import Example

SHOWN = 3
_LONGEST = 200


@dataclass(frozen=True)
class Rejection:
    """``reason`` is a word that is counted, ``said`` a line about this one example."""

    reason: str
    said: str


def last_request(example: Example) -> str:
    """What the person said last."""
    return next((turn.text for turn in reversed(example.messages) if turn.role == "user"), "")


class Tally:
    """What one filter did. ``facts`` is JSON, and ``Tally(facts)`` goes on from there."""

    def __init__(self, facts: Mapping[str, Any] | None = None) -> None:
        known = facts or {}
        self.checked: int = known.get("checked", 0)
        self._reasons: dict[str, dict[str, Any]] = {
            reason: {"count": entry["count"], "shown": list(entry["shown"])}
            for reason, entry in known.get("rejected", {}).items()
        }

    @property
    def rejected(self) -> int:
        return sum(entry["count"] for entry in self._reasons.values())

    @property
    def usual(self) -> str:
        """The line of a case with the most frequent reason; empty where nothing was rejected."""
        if not self._reasons:
            return ""
        reason, entry = max(self._reasons.items(), key=lambda pair: pair[1]["count"])
        return f"{reason}: {entry['shown'][0]['why']}" if entry["shown"] else reason

    def take(self, request: str, rejection: Rejection | None) -> None:
        """One example was checked."""
        self.checked += 1
        if rejection is None:
            return
        entry = self._reasons.setdefault(rejection.reason, {"count": 0, "shown": []})
        entry["count"] += 1
        if len(entry["shown"]) < SHOWN:
            entry["shown"].append({"request": request[:_LONGEST], "why": rejection.said[:_LONGEST]})

    def facts(self) -> dict[str, Any]:
        return {
            "checked": self.checked,
            "kept": self.checked - self.rejected,
            "rejected": dict(sorted(self._reasons.items(), key=lambda pair: -pair[1]["count"])),
        }
