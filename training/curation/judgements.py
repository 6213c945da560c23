"""What teachers said of decisions, in the files of ``teach grade --output`` and ``teach relabel --output``.

Invariant: a judgement changes what curation makes of a decision, never the log; a decision that was judged
twice has what the later file says.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from training.curation.base import CurationError, Row

Judgements = Mapping[str, Mapping[str, Any]]
"""Columns by the decision's event."""
_LABEL = ("teacher_model", "teacher_tool", "teacher_parameters", "teacher_confidence")


def read_judgements(paths: Iterable[Path]) -> Judgements:
    """Raises CurationError naming the line that is none."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        try:
            lines = path.read_bytes().splitlines()
        except OSError as error:
            raise CurationError(f"{path} cannot be read: {error.strerror}") from None
        for number, line in enumerate(lines, 1):
            if line.strip():
                event, columns = _judgement(line, f"{path}, line {number}")
                found.setdefault(event, {}).update(columns)
    return found


def with_judgements(rows: Sequence[Row], said: Judgements) -> list[dict[str, Any]]:
    """The rows, those that were judged with what was said."""
    return [{**row, **said.get(str(row["event_id"]), {})} for row in rows]


def _judgement(line: bytes, place: str) -> tuple[str, dict[str, Any]]:
    """A grade of 0 to 1, or a teacher's choice."""
    try:
        document = orjson.loads(line)
        if "score" in document:
            grade = float(document["score"])
            if not 0 <= grade <= 1:
                raise ValueError(f"the score {grade:g} is not between 0 and 1")
            return str(document["id"]), {"teacher_grade": grade}
        return str(document["event_id"]), {name: document[name] for name in _LABEL}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CurationError(
            f"{place}: neither a grade nor a label of a decision ({error}); give the --output of teach grade "
            "or teach relabel"
        ) from None
