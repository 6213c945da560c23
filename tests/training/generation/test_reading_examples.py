"""Reading examples as examples of training, and the scripted teacher's part of them."""

import asyncio
from dataclasses import replace

from training.generation.duplicates import DuplicateFilter
from training.generation.quality import QualityFilter
from training.generation.reading.base import ReadingExample
from training.generation.reading.examples import as_example, without_answer
from training.generation.scripted import PARTS, ScriptedTeacher
from training.generation.settings import Parts

EXAMPLE = ReadingExample(
    "a.toml", ("a = 1",), "what is z?", "none", None, "", "settings", ("read_file", {"path": "a.toml"})
)


def test_a_part_of_what_the_scripted_teacher_makes_is_read():
    async def make(index):
        return await ScriptedTeacher(3, Parts(reading=1.0, **dict.fromkeys(PARTS[:-1], 0.0))).make(index)

    made = [asyncio.run(make(index)) for index in range(40)]
    assert made[7] == asyncio.run(make(7))
    assert {one.kind for one in made} == {"reading"}
    assert {"line", "none"} <= {one.reading.form for one in made}
    assert len({one.session for one in made}) == 40
    assert not [one for one in made if QualityFilter().check(one)]


def test_the_same_question_about_another_text_is_no_duplicate():
    first, other = (
        as_example(replace(EXAMPLE, lines=("a = 1", "b = 2", line)), "s") for line in ("c = 3", "c = 4")
    )
    known = DuplicateFilter()
    known.keep(first)
    assert known.check(first)
    assert known.check(other) is None


def test_without_its_line_a_question_has_no_answer():
    asked = replace(EXAMPLE, lines=("a = 1", "b = 2", "c = 3", "d = 4"), form="line", line=2, answer="3")
    missing = without_answer(asked)
    assert (missing.lines, missing.form, missing.line) == (("a = 1", "b = 2", "d = 4"), "none", None)
    assert without_answer(replace(asked, lines=("a = 3", *asked.lines[1:]))) is None
    assert without_answer(EXAMPLE) is None
