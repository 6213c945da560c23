"""Decisions of the log as corrections.

Invariant: a decision is one if it says whole what was asked and what would have been right. The first
decision of a turn counts, and so does the answer after a turn's only call if it was corrected to a call: who
looks at the last decision corrects the turn there. Nothing that was redacted is called again.
"""

from collections.abc import Mapping
from typing import Any

from tools.protocol.calls import ANSWER
from training.corrections.base import Correction
from training.labels.label import label_of
from training.labels.reviews import CORRECTED

Row = Mapping[str, Any]
_REDACTED = "[redacted:"
_BAD = frozenset({"bad", "refused"})
_ONE_CALL = 3
"""Messages of a turn that made one call and has its result."""


def correction_of(row: Row, at: str) -> Correction | None:
    """What ``row`` corrects, or that the correction in its view was wrong; None where it says neither."""
    context = row.get("context")
    review = row.get("review") or {}
    said = label_of(row)
    if not isinstance(context, Mapping) or said.source != "said" or said.verdict == "positive":
        return None
    request, workspace = context.get("request"), context.get("workspace")
    if not isinstance(request, str) or not request.strip() or _REDACTED in request:
        return None
    made = (str(row["event_id"]), at, request, str(workspace or ""))
    if review.get("verdict") != CORRECTED:
        spoke = review.get("verdict") == "bad" or review.get("reason")
        is_against = context.get("correction") and review.get("verdict") in _BAD and spoke
        return Correction(*made, "", {}, against=True) if is_against else None
    wrong = _wrong(row, context.get("turn"), str(review.get("corrected_tool") or ""))
    tool = str(review.get("corrected_tool") or row.get("tool_selected") or "")
    arguments = review.get("corrected_parameters")
    arguments = arguments if isinstance(arguments, Mapping) else {}
    if wrong is None or not tool or _REDACTED in str(arguments):
        return None
    return Correction(*made, tool, dict(arguments), wrong - {tool})


def _wrong(row: Row, turn: Any, corrected: str) -> frozenset[str] | None:
    """The tools that were chosen in its place; None where more than one call led there."""
    chosen = frozenset({str(row.get("tool_selected") or "")})
    if not isinstance(turn, list) or len(turn) <= 1:
        return chosen
    before = turn[1].get("calls") if isinstance(turn[1], Mapping) else None
    if len(turn) != _ONE_CALL or chosen != {ANSWER} or corrected in ("", ANSWER) or not before:
        return None
    return frozenset(str(one.get("tool")) for one in before if isinstance(one, Mapping))
