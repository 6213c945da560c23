"""Decisions of the log as cases: what was asked, and what turned out, or was said, to be right.

Invariant: what ``training.labels`` does not know to be right is no case, and neither is a decision that does
not fit the tools of today.
"""

from collections.abc import Iterable

from training.curation.base import Row
from training.curation.drift import Drift, Renames
from training.curation.examples import example_of
from training.curation.lessons import lesson_of
from training.datasets.example import Example
from training.evaluation.cases import Case
from training.evaluation.held_out import cases_of


def not_in(rows: Iterable[Row], examples: Iterable[Example]) -> list[Row]:
    """Those that are none of the examples, and of whose session none is."""
    sessions, decisions = set[str](), set[str]()
    for example in examples:
        decisions.add(str(example.source.get("event_id")))
        sessions.add(example.session)
    sessions.discard("")
    return [row for row in rows if row["event_id"] not in decisions and row["session_id"] not in sessions]


def replays(rows: Iterable[Row]) -> tuple[Case, ...]:
    """A case for each decision that something is known of, in their order."""
    return tuple(case for row in rows for case in _case(row))


def _case(row: Row) -> tuple[Case, ...]:
    """Of a row's situation only the last turn: those before are rows of their own."""
    lesson = lesson_of(row)
    if lesson is None or not lesson.tool:
        return ()
    try:
        return cases_of([example_of(row, lesson, Renames())])[-1:]
    except Drift:
        return ()
