"""The examples of a run: split by session, measured, and what does not fit said."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.finetune.tiny import PROMPT, Told, call, foreign, talk
from tools.protocol.render import Segment, TemplateSource
from training.datasets.example import Example, to_line
from training.finetune.preparation import data_files, examples, measured, split
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError


class Characters:
    """A vocabulary of single characters."""

    template = TemplateSource()
    end = 0

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        return [ord(each) for each in text]

    def tokenize_segments(self, segments: Sequence[Segment]) -> list[int]:
        return [each for segment in segments for each in self.tokenize(segment.text)]


def written(path: Path, *given: Example) -> Path:
    path.write_bytes(b"".join(map(to_line, given)))
    return path


def test_a_session_is_learned_from_or_looked_at_and_never_both():
    given = [replace(call(number), session=f"s{number // 3}") for number in range(60)]
    training, validation = split(given, 0.2, seed=1)
    assert len(validation) == 12
    assert not {each.session for each in training} & {each.session for each in validation}
    assert split(given, 0.2, seed=1) == (training, validation)
    assert split(given, 0.2, seed=2) != (training, validation)


def test_examples_without_a_session_are_split_one_by_one():
    given = [replace(call(number), session="") for number in range(20)]
    assert len(split(given, 0.1, seed=1)[1]) == 2


def test_a_file_of_validation_examples_is_taken_as_it_is(tmp_path):
    written(tmp_path / "train.jsonl", *(call(number) for number in range(10)))
    written(tmp_path / "validation.jsonl", talk(1), talk(2), talk(3))
    settings = FinetuneSettings(validation_most=2)
    training, validation = examples(data_files(tmp_path), settings)
    assert len(training) == 10
    assert {each.id for each in validation} < {"talk-1", "talk-2", "talk-3"}
    assert examples(data_files(tmp_path), settings) == (training, validation)


def test_what_is_too_long_is_left_out_whole_and_said(tmp_path):
    long = replace(
        talk(1), id="long", messages=(replace(talk(1).messages[0], text="x" * 900), *talk(1).messages[1:])
    )
    told = Told(tmp_path)
    kept = measured([call(0), long, foreign(1)], Characters(), PROMPT, 800, told)
    assert [each.example.id for each in kept] == ["call-0", "foreign-1"]
    assert told.notes == [
        "1 examples are longer than 800 tokens and left out whole: long; max_tokens sets how long they may be"
    ]
    again = measured([kept[0].example], Characters(), PROMPT, kept[0].whole, told)
    assert again == [kept[0]]
    assert measured([kept[0].example], Characters(), PROMPT, kept[0].whole - 1, told) == []


def test_K12_a_bad_line_is_named(tmp_path):
    path = written(tmp_path / "train.jsonl", call(0))
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(JobError, match=r"train\.jsonl, line 2: no example.*; mend or remove that line"):
        examples(data_files(tmp_path), FinetuneSettings())


def test_K12_no_data_is_one_line_that_says_what_to_do(tmp_path):
    with pytest.raises(JobError, match=r"has no train\.jsonl"):
        data_files(tmp_path)
    with pytest.raises(JobError, match=r"there is no data at .*nothing"):
        data_files(tmp_path / "nothing")
    (tmp_path / "train.jsonl").touch()
    with pytest.raises(JobError, match="holds no example to learn from"):
        examples(data_files(tmp_path), FinetuneSettings())
