"""What slots stand for."""

import random

import pytest

from training.generation.catalogue import templates
from training.generation.finders import Unfillable
from training.generation.slots import KNOWN, SLOT, Slots
from training.generation.worlds import make_world

WORLDS = [make_world(seed) for seed in range(6)]


def slots(seed: int) -> Slots:
    return Slots(WORLDS[seed % len(WORLDS)], random.Random(seed))


def value(name: str, seed: int) -> tuple[Slots, str] | None:
    mine = slots(seed)
    try:
        return mine, mine[name]
    except Unfillable:
        return None


@pytest.mark.parametrize(
    "name", sorted(name for name in KNOWN if not name.endswith(("2", "3")) and not name.startswith("diff_"))
)
def test_every_slot_is_filled_by_most_repositories(name):
    filled = [value(name, seed) for seed in range(12)]
    assert sum(one is not None and bool(one[1]) for one in filled) >= 4


def test_a_value_is_the_same_each_time():
    mine = slots(1)
    assert mine.fill("{file} {file}") == f"{mine['file']} {mine['file']}"


def test_a_second_value_of_a_kind_is_another_one():
    mine = slots(2)
    assert len({mine["file"], mine["file2"], mine["file3"]}) == 3


def test_other_braces_are_left_alone():
    assert slots(1).fill('{"a": {nothing}}') == '{"a": {nothing}}'


def test_lines_and_pieces_stand_once_in_their_file_and_what_replaces_them_differs():
    for seed in range(30):
        for name, other in (("line", "line_new"), ("piece", "piece_new")):
            found = value(name, seed)
            if found:
                mine, text = found
                assert mine.text().count(text) == 1
                assert mine[other] != text


def test_a_span_of_lines_lies_in_the_file():
    for seed in range(20):
        mine = slots(seed)
        assert 1 <= int(mine["start"]) <= int(mine["end"]) <= max(2, len(mine.text().splitlines()))


def test_what_does_not_exist_does_not_exist():
    for name in ("missing_file", "wrong_folder_file", "new_file", "new_json"):
        for seed in range(12):
            found = value(name, seed)
            assert found is None or found[1] not in found[0].world.files


def test_templates_use_slots_that_are_known():
    for one in templates().values():
        arguments = [
            str(value) for step in one.steps for call in step for value in call["arguments"].values()
        ]
        for text in (*one.requests, *one.says, *arguments):
            assert set(SLOT.findall(text)) <= KNOWN, one.id


def test_of_a_repository_with_one_text_no_second_one_is_changed() -> None:
    made = make_world(47_000_246)
    assert [path for path in made.files if path.endswith((".md", ".txt"))] == ["README.md"]
    assert list(made.changed) == ["README.md"]
