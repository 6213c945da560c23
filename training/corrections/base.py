"""A correction: a request, and the call that a user said was right for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.protocol.calls import ANSWER


@dataclass(frozen=True)
class Correction:
    """``id`` is that of the decision that was corrected, ``at`` the time of the review (ISO 8601).

    ``tool`` is ``answer`` where no call was right; its ``text`` may be empty then. ``wrong`` are the tools
    that were chosen instead. ``against`` marks a request that another correction was followed for, which was
    rated wrong: none is followed for it.
    """

    id: str
    at: str
    request: str
    workspace: str
    tool: str
    arguments: Mapping[str, Any]
    wrong: frozenset[str] = frozenset()
    against: bool = False

    @property
    def answers(self) -> bool:
        """Whether no call was right."""
        return self.tool == ANSWER


@dataclass(frozen=True)
class Standing:
    """What was said of a correction since. ``learned`` are the ids of students that were trained on it."""

    forgotten: bool = False
    everywhere: bool = False
    learned: frozenset[str] = field(default_factory=frozenset)
