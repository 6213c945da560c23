"""Slots of whole tasks: facts that stand in small files, and small modules with a mistake."""

import random

import pytest

from training.generation.facts import facts
from training.generation.slots import Slots
from training.generation.task_facts import PREFIXES, made_case
from training.generation.task_records import PREFIXES as RECORDS
from training.generation.task_worlds import make_small_world


def slots(seed: int) -> Slots:
    return Slots(make_small_world(seed), random.Random(seed))


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_fact_stands_once_in_its_file_and_is_asked_for_by_a_word_of_it(prefix):
    for seed in range(40):
        mine = slots(seed)
        text, line, value = (mine[f"{prefix}_{field}"] for field in ("text", "line", "value"))
        assert text.count(line) == 1 and value in line
        assert mine[f"{prefix}_new"] in mine[f"{prefix}_fixed"] != line
        assert (mine[f"{prefix}_word"] in line) == (prefix != "caps")
        assert mine[f"{prefix}_question"] == mine.fill(
            f"{{{prefix}_before}}{{{prefix}_word}}{{{prefix}_after}}"
        )
        assert len(text) < 700


def test_facts_of_one_repository_are_of_several_domains_and_words_find_one_of_them():
    for seed in range(40):
        mine = slots(seed)
        word, others = mine["fact_word"], [mine["aside_text"], mine["beside_text"]]
        assert len({mine[f"{one}_domain"] for one in ("fact", "aside", "beside")}) == 3
        assert not any(word.lower() in text.lower() for text in others)


def test_there_are_many_facts_and_names_of_their_own():
    assert len(facts()) >= 30
    assert all(len({fact.name for fact in some}) == len(some) >= 5 for some in facts().values())
    dice = random.Random(1)
    assert len({made_case("fact", dice).line for _ in range(200)}) > 150


def test_a_planted_mistake_is_found_by_its_test_and_mended_by_its_fix():
    for seed in range(40):
        mine = slots(seed)
        broken, line = mine["bug_text"], mine["bug_line"]
        assert broken.count(line) == 1
        given = []
        for code in (broken, broken.replace(line, mine["bug_fixed"])):
            names: dict[str, object] = {}
            exec(code, names)
            given.append(repr(eval(mine["bug_call"], names)))
        assert given[0] != mine["bug_expected"] == given[1]


def test_what_is_changed_in_a_small_repository_is_one_line():
    worlds = [make_small_world(seed) for seed in range(40)]
    changed = [world for world in worlds if world.changed]
    assert 10 <= len(changed) <= 30 and all(len(world.files) <= 10 for world in worlds)
    for world in changed:
        mine = Slots(world, random.Random(1))
        assert mine["diff_old"] in world.files[mine["diff_path"]]
        assert mine["diff_new"] in world.changed[mine["diff_path"]]


def test_a_table_has_the_cell_that_is_asked_for():
    for seed in range(40):
        mine = slots(seed)
        header, *rows = mine["table_text"].splitlines()
        cell = mine["table_line"].split(",")[header.split(",").index(mine["table_column"])]
        assert mine["table_line"] in rows and cell == mine["table_value"] != mine["table_new"]
        assert int(mine["table_count"]) == len(rows)


def test_a_name_is_its_telling_word_with_what_stands_around_it():
    for seed in range(40):
        mine = slots(seed)
        assert "the " + mine["fact_name"] == mine.fill("{fact_lead}{fact_word}{fact_tail}")


@pytest.mark.parametrize("prefix", RECORDS)
def test_a_record_has_its_value_on_one_line_of_its_own_file(prefix):
    for seed in range(40):
        mine = slots(seed)
        text, line = mine[f"{prefix}_text"], mine[f"{prefix}_line"]
        assert text.count(line) == 1 and mine[f"{prefix}_value"] in line
        assert mine[f"{prefix}_new"] in mine[f"{prefix}_fixed"] != line
        paths = {mine[f"{prefix}_{beside}path"] for beside in ("", "a_", "b_", "c_")}
        assert len(paths) == 4 and all(path.startswith(mine[f"{prefix}_folder"] + "/") for path in paths)


def test_the_newest_record_is_the_last_by_name_and_what_is_searched_for_stands_in_one_file():
    for seed in range(40):
        mine = slots(seed)
        assert mine["newest_path"] > max(mine[f"newest_{beside}_path"] for beside in "abc")
        assert not any(mine["which_value"] in mine[f"which_{beside}_text"] for beside in "abc")
        assert mine["which_value"] in mine["which_which"]
