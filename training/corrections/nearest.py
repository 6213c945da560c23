"""Find the past correction that should decide a request, and how strongly it should count.

Invariant: a request that names other things than the corrected one is another request; one that is nearest to
a correction that does not count (forgotten, learned, rated wrong) is decided as if there were none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.protocol.calls import ANSWER
from training.corrections.base import Correction
from training.corrections.likeness import Compared, Wordings
from training.corrections.wording import Wording, normal, wording

BOUND = 0.45
"""Least likeness. Measured on the first set of ``benchmarks/corrections.py``: 25 of 25 other wordings are
above it, and no ordinary request that is like it in all else."""
TOWARDS, MOST_TOWARDS, AWAY = 4.0, 8.0, 7.0
"""Added to the log-odds of the tool that is right, at the bound and where all words are alike, and taken from
those that were wrong. Measured there: the installed student prefers a wrong tool by up to 10.5 and any other
by up to 3.6 in the other wordings, and by 11.6 and more where a request is only near."""
CERTAIN = 30.0
"""The same for a request in the very words that were corrected."""


@dataclass(frozen=True)
class Near:
    """``arguments`` are the correction's, filled with the names in this request; None if that cannot be done.
    ``odds`` are added to the scores when a student chooses a tool."""

    correction: Correction
    likeness: float
    arguments: Mapping[str, Any] | None
    odds: Mapping[str, float]


class Nearest:
    """Looks among ``corrections``, the oldest first; of those in the same words the newest is meant."""

    def __init__(self, corrections: Sequence[Correction]) -> None:
        self._all = list({normal(one.request): one for one in corrections}.values())
        self._said = [wording(one.request) for one in self._all]
        self._wordings = Wordings(self._said) if self._all else None

    def of(self, request: str, counts: Callable[[Correction], bool], *, loosely: bool = False) -> Near | None:
        """The one for ``request``. ``loosely``: for a model that tells itself where the things that are named
        differ, and is shown the correction and not pushed."""
        if self._wordings is None:
            return None
        wanted = wording(request)
        compared = self._wordings.compared(wanted)
        scores = [compared.likeness(index) for index in range(len(self._all))]
        own = normal(request)
        best = max(
            range(len(scores)),
            key=lambda at: (normal(self._all[at].request) == own, scores[at], self._all[at].at),
        )
        found, likeness = self._all[best], scores[best]
        if likeness < BOUND or not counts(found):
            return None
        like = [at for at, one in enumerate(self._all) if _same_call(one, found) and counts(one)]
        arguments = self._arguments(found, best, wanted, compared, like)
        if arguments is None and not loosely:
            return None
        if normal(found.request) == own:
            return Near(found, 1.0, arguments, {**dict.fromkeys(found.wrong, -CERTAIN), found.tool: CERTAIN})
        return Near(found, likeness, arguments, self._odds(found, likeness, like, wanted))

    def _arguments(
        self, found: Correction, at: int, wanted: Wording, compared: Compared, like: Sequence[int]
    ) -> Mapping[str, Any] | None:
        known = {turn for index in like for turn in self._said[index].turns}
        if compared.differs(like) or wanted.turns - known:
            return None
        return exchanged(found.arguments, self._said[at].things, wanted.things)

    def _odds(
        self, found: Correction, likeness: float, like: Sequence[int], wanted: Wording
    ) -> Mapping[str, float]:
        """Who asks which or how, where no correction does, may want an answer: it is not pushed away."""
        wrong = {tool for at in like for tool in self._all[at].wrong}
        towards = TOWARDS + (MOST_TOWARDS - TOWARDS) * (likeness - BOUND) / (1 - BOUND)
        if wanted.asks and not any(self._said[at].asks for at in like):
            wrong.discard(ANSWER)
            towards = TOWARDS
        return {**dict.fromkeys(wrong, -AWAY), found.tool: towards}


def exchanged(
    arguments: Mapping[str, Any], old: Sequence[str], new: Sequence[str]
) -> Mapping[str, Any] | None:
    """``arguments`` with other things in the place of those that were named; None where they cannot be."""
    if [one.casefold() for one in old] == [one.casefold() for one in new]:
        return arguments
    texts = [value for value in arguments.values() if isinstance(value, str)]
    known = all(any(thing in text for text in texts) for thing in old)
    if len(old) != 1 or len(new) != 1 or not known or _kind(old[0]) != _kind(new[0]):
        return None
    return {
        name: value.replace(old[0], new[0]) if isinstance(value, str) else value
        for name, value in arguments.items()
    }


def _kind(thing: str) -> str:
    if "/" in thing or "." in thing:
        return "path"
    return "number" if thing.isdecimal() else "name"


def _same_call(one: Correction, other: Correction) -> bool:
    return not one.against and (one.tool, one.arguments) == (other.tool, other.arguments)
