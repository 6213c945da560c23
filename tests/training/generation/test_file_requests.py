"""Kinds of files, made-up files, and what is searched for."""

import fnmatch
import random
import re

import pytest

from training.generation.file_kinds import file_kinds
from training.generation.searched import matches_itself
from training.generation.slots import Slots
from training.generation.worlds import make_world

WORLD = make_world(1)


def slots(seed: int) -> Slots:
    return Slots(WORLD, random.Random(seed))


def test_there_are_many_kinds_and_each_name_means_one():
    kinds = file_kinds()
    assert len({kind.glob for kind in kinds}) >= 100
    globs: dict[str, set[str]] = {}
    for kind in kinds:
        for name in kind.names:
            globs.setdefault(name.lower(), set()).add(kind.glob)
    assert [name for name, found in globs.items() if len(found) > 1] == []


def test_a_kind_its_glob_and_a_file_of_it_agree():
    for seed in range(200):
        mine = slots(seed)
        said, glob = mine[random.Random(seed).choice(("kind", "kind_one", "ending"))], mine["kind_glob"]
        assert fnmatch.fnmatch(mine["kind_file"], glob)
        names = [
            name for kind in file_kinds() if kind.glob == glob for name in (*kind.names, kind.ending[1:])
        ]
        assert any(name and name in said for name in names)


def test_numbers_in_words_are_the_numbers():
    amounts = {(one["amount_words"], one["amount"]) for one in map(slots, range(200))}
    places = {(one["line_ordinal"], one["line_at"]) for one in map(slots, range(200))}
    assert {("ten", "10"), ("twenty-five", "25")} <= amounts
    assert {("second", "2"), ("3rd", "3"), ("12th", "12")} <= places


@pytest.mark.parametrize("name", ["line_at", "line_to", "amount"])
def test_a_made_up_file_has_the_lines_that_are_asked_for(name):
    for seed in range(10):
        mine = slots(seed)
        wanted = int(mine[name])
        assert len(mine["made_text"].splitlines()) >= wanted


@pytest.mark.parametrize("name", ["made_file", "dir", "leaf", "sought", "sought_name", "sought_phrase"])
def test_there_are_many(name):
    made = {slots(seed)[name] for seed in range(120)}
    assert len(made) > 80
    assert not any(re.search(r"<[a-zA-Z]+>|<\d+-\d+>|\[[^\]]*\|", one) for one in made)


def test_what_is_searched_for_is_found_where_it_stands():
    assert matches_itself("os.environ") and matches_itself("open(") and not matches_itself("data[0]")
    assert all(matches_itself(slots(seed)["sought"]) for seed in range(80))


def test_a_glob_without_a_folder_has_none():
    assert not any("/" in slots(seed)["name_glob"] for seed in range(60))
