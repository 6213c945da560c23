"""What came of a decision, in a word, for every interface. Pure."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
NOT_RUN = "not run"


def outcome_of(row: Row) -> str:
    """``done``, ``failed``, ``not run`` (refused or denied), or ``unknown``: the program ended in between."""
    outcome, refused = row["outcome"], verdict_of(row) == "refused"
    if outcome is None:
        return NOT_RUN if refused else "unknown"
    if outcome.get("success"):
        return "done"
    held = refused or str(outcome.get("result") or "").startswith(NOT_RUN)
    return NOT_RUN if held and not outcome.get("execution_time_ms") else "failed"


def verdict_of(row: Row) -> str:
    """What was said of a decision; empty where nothing was."""
    return str(row["review"].get("verdict") or "") if row["review"] else ""
