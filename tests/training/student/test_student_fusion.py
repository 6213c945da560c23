"""What is shown of a reading, by the weights and bounds of the prompt."""

from dataclasses import replace

import pytest

from tools.protocol.messages import Reading
from training.student.fusion import LineScore, Scores, fused, own_score, standing
from training.student.trigrams import likeness

READING = Reading("Say which line.", sure=0.9, possible=0.5)
FORMS = {"line": 0.8, "none": 0.2, "result": 0.0, "done": 0.0, "ask": 0.0}


def scores(*own, forms=FORMS, **extra):
    lines = (LineScore(0, at, value, **{"like": 0.0, "written": 0.0} | extra) for at, value in enumerate(own))
    return Scores(forms, tuple(lines))


def test_of_one_piece_the_shares_are_the_students_own():
    own = [own_score(0.8, part, 0.2) for part in (0.75, 0.25)]
    pointed = fused(scores(*own), READING)
    assert [spot.share for spot in pointed.spots] == pytest.approx([0.6, 0.2])


@pytest.mark.parametrize(
    ("own", "form", "sure"), [((9, 0), "line", True), ((0.5, 0.4), "line", False), ((-4, -5), "none", True)]
)
def test_three_outcomes(own, form, sure):
    pointed = fused(scores(*own), READING)
    assert (pointed.form, pointed.sure) == (form, sure)


def test_the_bounds_are_those_of_the_prompt():
    assert fused(scores(1.5, -3), replace(READING, sure=0.7)).sure
    assert not fused(scores(1.5, -3), READING).sure
    assert fused(scores(0.5, 0.4), replace(READING, possible=0.9)).form == "none"


def test_likeness_and_the_written_answer_count_as_the_prompt_says():
    lines = (LineScore(0, 0, 0.5, 0.0, 0.0), LineScore(0, 1, 0.4, 0.5, 1.0))
    assert fused(Scores(FORMS, lines), READING).spots[0].line == 0
    for weight in ("likeness", "written"):
        assert fused(Scores(FORMS, lines), replace(READING, **{weight: 2.0})).spots[0].line == 1


def test_another_form_is_taken_where_it_is_likelier_than_reading():
    forms = {"line": 0.2, "none": 0.1, "result": 0.7, "done": 0.0, "ask": 0.0}
    assert fused(scores(5.0, forms=forms), READING).form == "result"


def test_no_line_at_all_is_not_found():
    assert fused(Scores(FORMS, ()), READING).form == "none"


def test_a_written_answer_stands_where_its_words_do():
    lines = ["port = 8080", "debug-port = 80", "hosts  =  a, b"]
    assert standing("80", lines) == [1]
    assert standing("hosts = A", lines) == [2]
    assert standing("", lines) == []


def test_likeness_finds_the_telling_word_in_a_name():
    lines = ["retryLimit: 3", "timeout_seconds: 40", "cacheLimit: 3"]
    made = likeness("what is the timeout?", lines)
    assert max(made) == made[1]
    assert likeness("how many retries?", lines)[0] > likeness("how many retries?", lines)[2]
    assert likeness("?", lines) == [0.0, 0.0, 0.0]
    assert likeness("x", []) == []
