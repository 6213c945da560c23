"""How well a student reads: what counts as right, as sure and as not found, and what a fit gives."""

import json
import random
from dataclasses import replace

import pytest

from tools.protocol.messages import Reading
from training.evaluation.cases import CaseFileError
from training.evaluation.reading import Scored, reading_report, reading_results
from training.evaluation.reading_cases import read_reading_cases
from training.evaluation.reading_fit import fit, halves
from training.student.fusion import LineScore, Scores

READING = Reading("Say which line.", sure=0.9, possible=0.5)
FORMS = {"line": 0.9, "none": 0.1, "result": 0.0, "done": 0.0, "ask": 0.0}


def written(path, *cases):
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return path


def scored(case, *own, like=(), forms=FORMS):
    lines = tuple(LineScore(0, at, value, like[at] if like else 0.0, 0.0) for at, value in enumerate(own))
    return Scored(case.id, Scores(forms, lines), 5.0)


@pytest.fixture
def cases(tmp_path):
    texts = [
        {"id": "a", "question": "port?", "text": "host = x\nport = 1\n", "lines": [2], "tags": ["config"]},
        {"id": "b", "question": "host?", "text": "host = x\nport = 1\n", "lines": [1]},
        {"id": "c", "question": "user?", "text": "host = x\nport = 1\n"},
        {"id": "d", "question": "show it", "text": "host = x\n", "form": "result"},
    ]
    return read_reading_cases(written(tmp_path / "cases.jsonl", *texts))


def test_figures_tell_sure_possible_and_not_found_apart(cases):
    result = dict.fromkeys(FORMS, 0.0) | {"result": 1.0}
    made = [
        scored(cases[0], -9, 9),  # sure, and right
        scored(cases[1], 0.2, 0.8),  # possible, and wrong
        scored(cases[2], -4, -4),  # not found, rightly
        scored(cases[3], 0, forms=result),
    ]
    facts = reading_report(reading_results(cases, made, READING))
    assert (facts["right"], facts["among_three"]) == (0.5, 1.0)
    assert (facts["sure"], facts["right_of_sure"]) == (0.3333, 1.0)
    assert (facts["not_found_precision"], facts["not_found_recall"]) == (1.0, 1.0)
    assert facts["other_forms_right"] == 1.0
    assert facts["tags"] == {"config": {"cases": 1, "right": 1.0}}
    (wrong,) = facts["failures"]
    assert wrong["id"] == "b"
    assert wrong["expected"] == [1]
    assert wrong["said"] == "possible"


def test_a_sure_line_where_there_is_none_is_wrong(cases):
    facts = reading_report(reading_results(cases[2:3], [scored(cases[2], -9, 9)], READING))
    assert facts["right_of_sure"] == 0.0
    assert facts["not_found_recall"] == 0.0


def test_a_fit_takes_what_helps_and_is_sure_where_it_is_right(tmp_path):
    """Likeness knows the line, the student's own scores do not; a fifth of the questions has no answer."""
    dice = random.Random(1)
    given, made = [], []
    for number in range(200):
        right = dice.randrange(5) if number % 5 else None
        lines = {"lines": [right + 1]} if right is not None else {}
        text = "\n".join(f"{number} line {at}" for at in range(5))
        given.append({"id": str(number), "question": "?", "text": text, **lines})
    cases = read_reading_cases(written(tmp_path / "cases.jsonl", *given))
    for case in cases:
        like = [0.9 if at in case.lines else 0.1 * dice.random() for at in range(5)]
        made.append(scored(case, *(dice.gauss(-2, 0.5) for _ in range(5)), like=like))
    fitted = fit(cases, made, replace(READING, likeness=0.0))
    assert fitted.likeness > 1
    assert fitted.instructions == READING.instructions
    facts = reading_report(halves(cases, made, READING))
    assert facts["right"] == 1.0
    assert facts["right_of_sure"] >= 0.95
    assert facts["sure"] > 0.5
    assert facts["not_found_recall"] > 0.7


def test_where_nothing_is_right_nothing_is_sure(cases):
    made = [scored(case, 9, -9) if case.lines == (1,) else scored(case, -9, 9) for case in cases]
    assert fit(cases, made, READING).sure > 0.99


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"id": "a", "text": "x"}, "'question' is missing"),
        ({"id": "a", "question": "?"}, 'give "text" or "file"'),
        ({"id": "a", "question": "?", "text": "x", "lines": [2]}, "the text has no line 2"),
        ({"id": "a", "question": "?", "text": "x", "lines": [1], "form": "none"}, "only line has lines"),
        ({"id": "a", "question": "?", "text": "x", "answer": "x"}, "no key 'answer'"),
        ({"id": "a", "question": "?", "file": "gone.txt"}, "gone.txt"),
    ],
)
def test_a_wrong_case_is_said_with_its_line(tmp_path, case, said):
    with pytest.raises(CaseFileError, match=said) as error:
        read_reading_cases(written(tmp_path / "cases.jsonl", case))
    assert "cases.jsonl:1: " in str(error.value)


def test_a_text_may_stand_in_a_file_beside_the_cases(tmp_path):
    (tmp_path / "oven.md").write_text("# Bread\noven: 230\n")
    (case,) = read_reading_cases(
        written(tmp_path / "cases.jsonl", {"id": "a", "question": "?", "file": "oven.md", "lines": [2]})
    )
    assert case.passage.lines == ("# Bread", "oven: 230")
    assert case.passage.call.arguments == {"path": "oven.md"}
