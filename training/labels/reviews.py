"""What was said of a decision: several reviews read as one.

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
UNDONE, REDONE, REWOUND = "undone", "redone", "rewound"
TAKEN_BACK = frozenset({UNDONE, REWOUND})
RIGHT = frozenset({"approved", "good"})
WRONG = frozenset({REFUSED, CORRECTED, "bad"}) | TAKEN_BACK
"""Verdicts that say what a decision was worth; any other says nothing."""


def merged(reviews: Sequence[Row]) -> dict[str, Any] | None:
    """All that was said of one decision as one review; ``reviews`` newest first. None where there are none.

    What is newest of each kind counts. The corrected call is that of the newest review that names one: no
    rating erases it. The verdict is ``corrected`` where there is a correction, unless what ran was taken back
    after it. Else it is that of the newest review that says right or wrong, but a refusal that is rated wrong
    stays ``refused``; else the newest one. ``redone`` takes the ``undone`` before it away.
    The reason is that of the review with this verdict, or the newest that was given where it has none.
    Who takes a correction back corrects again, to the call that was chosen.
    """
    reviews = _standing(reviews)
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


def _standing(reviews: Sequence[Row]) -> list[Row]:
    """Those that were not taken away again."""
    left, redone = [], 0
    for one in reviews:
        verdict = one.get("verdict")
        if verdict == REDONE:
            redone += 1
        elif verdict == UNDONE and redone:
            redone -= 1
        else:
            left.append(one)
    return left


def _ruling(reviews: Sequence[Row]) -> Row:
    """The review whose verdict counts."""
    telling = [one for one in reviews if _says(one) is not None]
    wrong = itertools.takewhile(lambda one: _says(one) is False, telling)
    kinds = [
        [one for one in telling[:1] if one["verdict"] in TAKEN_BACK],
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
