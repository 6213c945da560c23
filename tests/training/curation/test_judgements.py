"""What teachers said, beside the decisions that they said it of."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.training.curation.rows import row
from training.curation.base import CurationError
from training.curation.judgements import read_judgements, with_judgements
from training.curation.lessons import lesson_of, quality_of

LABEL = {
    "teacher_model": "m",
    "teacher_tool": "run_shell",
    "teacher_parameters": {"command": "ls"},
    "teacher_confidence": 0.8,
}


def file(path: Path, *lines: Any) -> Path:
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return path


def test_grades_and_labels_go_to_their_decisions(tmp_path: Path) -> None:
    grades = file(
        tmp_path / "grades", {"id": "e0", "score": 0.5, "words": "so so"}, {"id": "gone", "score": 1}
    )
    labels = file(tmp_path / "labels", {**row("list the files", number=1), **LABEL})
    again = file(tmp_path / "again", {"id": "e0", "score": 1.0})
    said = read_judgements([grades, labels, again])
    first, second, third = with_judgements([row("x", number=number) for number in range(3)], said)
    assert first["teacher_grade"] == 1.0 and quality_of(first) > quality_of(third)
    lesson = lesson_of(second)
    assert lesson is not None and (lesson.source, lesson.tool) == ("taught", "run_shell")
    assert third == row("x", number=2)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "line 2: neither a grade nor a label"),
        (b'{"id": "e0", "score": 2}', "the score 2 is not between 0 and 1"),
        (b'{"event_id": "e0"}', "teacher_model"),
        (b"[]", "line 2"),
        (b'{"messages": []}', "event_id"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    path = tmp_path / "said.jsonl"
    path.write_bytes(b'{"id": "e0", "score": 1}\n' + line)
    with pytest.raises(CurationError, match=said) as raised:
        read_judgements([path])
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)
    with pytest.raises(CurationError, match="cannot be read"):
        read_judgements([tmp_path / "none"])
