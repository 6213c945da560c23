"""What is learned from an example of reading, token by token; a byte is a token here."""

from dataclasses import replace

import pytest

from tests.training.finetune.readings import OVEN, absent, reading, shown
from tests.training.finetune.tiny import PROMPT, Told, call
from tests.training.student.fake_engine import FakeEngine
from tools.protocol.messages import Reading
from tools.protocol.render import render
from training.datasets.example import ExampleError, check, from_line, to_line
from training.finetune.preparation import measured
from training.finetune.reading import parts
from training.finetune.rendering import rendered
from training.student.passages import Passage, conversation, pieces

READS = replace(PROMPT, reading=Reading("Say which line answers."))
END = 7


class Bytes(FakeEngine):
    end = END

    def tokenize_segments(self, segments):
        return [token for part in segments for token in self.tokenize(part.text, control=part.control)]


def said(example):
    """What carries loss in it."""
    made = rendered(Bytes(), READS, example)
    ((start, stop),) = made.trained
    assert stop == len(made.ids)
    assert made.ids[-1] == END
    return bytes(made.ids[start : stop - 1]).decode()


def test_the_prompt_is_the_one_of_run_time():
    example = reading()
    made = rendered(Bytes(), READS, next(parts(example)))
    (piece,) = pieces(Passage(example.messages[1].calls[0], OVEN))
    prompt = Bytes().tokenize_segments(render(conversation(READS.reading, "how hot is the oven?", piece)))
    start, _ = made.trained[0]
    assert [*made.prefix, *made.ids[:start]] == prompt


def test_a_line_is_pointed_at_and_its_answer_written_apart():
    point, write = parts(reading())
    assert said(point) == "line [03]"
    assert said(write) == "230 °C"
    assert rendered(Bytes(), READS, point).sort == "reading"


@pytest.mark.parametrize(("example", "form"), [(absent(), "none"), (shown(), "result")])
def test_other_forms_are_a_word(example, form):
    (part,) = parts(example)
    assert said(part) == form


def test_of_a_long_text_the_piece_with_the_answer_is_pointed_into_and_another_has_none():
    lines = [f"key {number}: value {number}" for number in range(120)]
    point, write, other = parts(reading("key 70?", line=70, answer="value 70", lines=lines))
    assert point.messages[2].text.split("\n")[point.reading.line] == "key 70: value 70"
    assert said(write) == "value 70"
    assert said(other) == "none"


def test_an_answer_from_a_result_is_chosen_and_not_written_where_the_prompt_reads():
    made = rendered(Bytes(), READS, call(1))
    start, stop = made.trained[-1]
    assert bytes(made.ids[start:stop]) == b"answer\n"
    assert len(made.ids) == stop
    assert not made.texts


def test_a_prompt_that_does_not_read_leaves_readings_out():
    told = Told(None)
    given = [*parts(reading()), call(0)]
    kept = measured(given, Bytes(), PROMPT, 100_000, told)
    assert [each.example.id for each in kept] == ["call-0"]
    assert "2 parts of readings are left out" in told.notes[0]


def test_a_line_of_a_file_holds_the_label():
    for example in (reading(), absent(), *parts(reading())):
        assert from_line(to_line(example)) == example
    first = reading("what is it about?", line=0, answer="Bread")
    assert from_line(to_line(first)).reading.line == 0


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({"form": "page"}, "known: line"),
        ({"line": None}, "needs a line"),
        ({"line": 1}, "nothing stands there"),
    ],
)
def test_a_label_that_fits_no_line_is_refused(label, said):
    example = reading()
    with pytest.raises(ExampleError, match=said):
        check(replace(example, reading=replace(example.reading, **label)))
