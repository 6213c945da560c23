"""Fitting what a reading weighs and where it is sure, to cases that nobody trained on.

Weights make the right outcomes likeliest; the bound for "sure" is the lowest from which on enough of what is
shown is right. Invariant: what is said of the fit is of each half of the texts under what the other half
gives.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from tools.protocol.messages import Reading
from training.evaluation.reading import ReadingResult, Scored, reading_results
from training.evaluation.reading_cases import ReadingCase
from training.student.fusion import shares
from training.student.passages import LINE

_LIKENESS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_WRITTEN = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_ABSENT = tuple(step / 2 for step in range(-10, 11))
_LEAST_SHARE = 1e-4
_SUREST = 0.999
"""The bound where no lower one holds."""
_LEAST_SHOWN = 20
"""Fewer cases say nothing of a bound."""


def fit(
    cases: Sequence[ReadingCase], scored: Sequence[Scored], reading: Reading, right: float = 0.95
) -> Reading:
    """Other weights and bounds for ``reading``; ``right`` is how many of the sure lines should be right."""
    pairs = [
        (case, one)
        for case, one in zip(cases, scored, strict=True)
        if case.form in (LINE, "none") and one.scores.lines
    ]
    if not pairs:
        return reading
    likely = _Likelihood(pairs)
    like, written, absent = max(product(_LIKENESS, _WRITTEN, _ABSENT), key=lambda each: likely.of(*each))
    weighed = replace(reading, likeness=like, written=written, absent=absent)
    chosen = [case for case, _ in pairs]
    results = reading_results(chosen, [one for _, one in pairs], replace(weighed, sure=1.0, possible=0.0))
    weighed = replace(weighed, sure=_sure_bound(results, right))
    return replace(weighed, possible=_possible_bound(pairs, weighed))


def halves(
    cases: Sequence[ReadingCase], scored: Sequence[Scored], reading: Reading, right: float = 0.95
) -> list[ReadingResult]:
    """Every case under what was fitted to the texts of the other half."""
    texts = {text: number for number, text in enumerate(dict.fromkeys(case.passage.lines for case in cases))}
    made: dict[str, ReadingResult] = {}
    for half in (0, 1):
        own = [texts[case.passage.lines] % 2 == half for case in cases]
        given = list(zip(cases, scored, own, strict=True))
        fitted = fit([c for c, _, o in given if not o], [s for _, s, o in given if not o], reading, right)
        results = reading_results([c for c, _, o in given if o], [s for _, s, o in given if o], fitted)
        made |= {one.case.id: one for one in results}
    return [made[case.id] for case in cases]


class _Likelihood:
    """Of the right outcomes of all cases, under any weights; the lines of all of them in one row."""

    def __init__(self, pairs: Sequence[tuple[ReadingCase, Scored]]) -> None:
        import numpy as np

        lines = [(case, line) for case, one in pairs for line in one.scores.lines]
        self._own, self._like, self._written = (
            np.array([getattr(line, name) for _, line in lines]) for name in ("own", "like", "written")
        )
        self._right = np.array([line.line in case.lines for case, line in lines])
        self._starts = np.cumsum([0, *(len(one.scores.lines) for _, one in pairs)])[:-1]
        self._absent = np.array([case.form == "none" for case, _ in pairs])

    def of(self, like: float, written: float, absent: float) -> float:
        """In nats; ``fusion.shares`` over all cases at once."""
        import numpy as np

        powers = np.exp(np.clip(self._own + like * self._like + written * self._written, -60, 60))
        absence = np.exp(absent)
        right = np.add.reduceat(powers * self._right, self._starts) + absence * self._absent
        parts = right / (np.add.reduceat(powers, self._starts) + absence)
        return float(np.log(np.maximum(parts, _LEAST_SHARE)).sum())


def _sure_bound(results: Sequence[ReadingResult], right: float) -> float:
    """The lowest share of a line from which on that share of the lines is right."""
    told = sorted(
        (
            (one.pointed.share, one.right and one.case.form == LINE)
            for one in results
            if one.pointed.form == LINE
        ),
        reverse=True,
    )
    bound, good = _SUREST, 0
    for count, (found, is_right) in enumerate(told, 1):
        good += is_right
        if count >= _LEAST_SHOWN and good / count >= right:
            bound = found
    return round(min(bound, _SUREST), 4)


def _possible_bound(pairs: Sequence[tuple[ReadingCase, Scored]], reading: Reading) -> float:
    """Where "possibly here" and "not found" are told apart best."""
    there = [(1 - shares(one.scores.lines, reading)[1], case.form == LINE) for case, one in pairs]
    return max(
        (step / 20 for step in range(1, 20)),
        key=lambda bound: sum((found >= bound) == is_line for found, is_line in there),
    )
