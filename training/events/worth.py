"""What a decision was worth: several reviews read as one, and the score of a row.

Invariant: every reader of reviews reads them here, so that all of them say the same of a decision.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
REVIEW = ("verdict", "corrected_tool", "corrected_parameters", "reason")
"""The fields of a review."""
_CALL = REVIEW[1:3]
CORRECTED, REFUSED = "corrected", "refused"
RIGHT = frozenset({"approved", "good"})
WRONG = frozenset({REFUSED, CORRECTED, "bad"})
"""Verdicts that say what a decision was worth; any other says nothing."""


def merged(reviews: Sequence[Row]) -> dict[str, Any] | None:
    """All that was said of one decision as one review; ``reviews`` newest first. None where there are none.

    What is newest of each kind counts. The corrected call is that of the newest review that names one: no
    rating erases it. The verdict is ``corrected`` where there is a correction. Else it is that of the newest
    review that says right or wrong, but a refusal that is rated wrong stays ``refused``; else the newest one.
    The reason is that of the review with this verdict, or the newest that was given where it has none.
    Who takes a correction back corrects again, to the call that was chosen.
    """
    if not reviews:
        return None
    ruling = _ruling(reviews)
    naming = next((one for one in reviews if any(one.get(name) is not None for name in _CALL)), ruling)
    reasons = (one.get("reason") for one in (ruling, *reviews))
    return {
        "verdict": ruling.get("verdict"),
        **{name: naming.get(name) for name in _CALL},
        "reason": next((reason for reason in reasons if reason), ruling.get("reason")),
    }


def _ruling(reviews: Sequence[Row]) -> Row:
    """The review whose verdict counts."""
    telling = [one for one in reviews if _says(one) is not None]
    wrong = itertools.takewhile(lambda one: _says(one) is False, telling)
    kinds = [
        [one for one in telling if one["verdict"] == CORRECTED],
        [one for one in wrong if one["verdict"] == REFUSED],
        telling,
        reviews,
    ]
    return next(found[0] for found in kinds if found)


def _says(review: Row) -> bool | None:
    """Whether a verdict says right or wrong; None where it says neither."""
    verdict = review.get("verdict")
    if not isinstance(verdict, str) or verdict not in RIGHT | WRONG:
        return None
    return verdict in RIGHT


def judged(row: Row) -> bool | None:
    """Whether a person said that the call was right; None where nobody said either.

    A correction to the very call that was chosen says that it was right.
    """
    review = row.get("review") or {}
    corrected = (review.get("corrected_tool"), review.get("corrected_parameters"))
    chosen = (row.get("tool_selected"), row.get("tool_parameters"))
    said = _says(review)
    return said if said is None else said or corrected == chosen


def score(row: Row) -> float | None:
    """The quality of one decision, 0 to 1, by the strongest evidence there is; None without any.

    1. A person's review: 0 where refused, corrected or rated wrong, 1 where approved or rated right.
    2. A teacher's choice: half for the same tool, the other half for the same parameters as well.
    3. The outcome: 1 where the call succeeded, 0 where it failed.
    """
    said = judged(row)
    if said is not None:
        return float(said)
    if row.get("teacher_tool"):
        if row["teacher_tool"] != row.get("tool_selected"):
            return 0.0
        return 1.0 if row.get("teacher_parameters") == row.get("tool_parameters") else 0.5
    success = (row.get("outcome") or {}).get("success")
    return float(success) if isinstance(success, bool) else None
