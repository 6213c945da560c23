"""Edits and files that a request says whole."""

import random
from importlib import resources

import pytest

from training.generation import changes
from training.generation.slots import Slots
from training.generation.worlds import make_world

EDITS = sorted(kind.removesuffix("_old") for kind in changes.FINDERS if kind.endswith("_old"))
WRITES = sorted(
    kind.removesuffix("_write_content") for kind in changes.FINDERS if kind.endswith("_write_content")
)
WORLD = make_world(3)


@pytest.mark.parametrize("kind", EDITS)
def test_the_old_text_stands_once_in_its_file_and_the_new_one_differs(kind):
    made = [changes.edit(kind, random.Random(seed)) for seed in range(60)]
    for one in made:
        assert one["old"] != one["new"]
        assert one["text"].count(one["old"]) == 1
        assert not any("<<" in one[part] and ">>" in one[part] for part in ("file", "text"))
    assert len({(one["file"], one["old"], one["new"]) for one in made}) >= 55


@pytest.mark.parametrize("kind", EDITS)
def test_the_values_of_one_kind_belong_together(kind):
    slots = Slots(WORLD, random.Random(kind))
    assert slots.fill(f"{{{kind}_text}}").count(slots[f"{kind}_old"]) == 1


@pytest.mark.parametrize("kind", WRITES)
def test_what_is_written_has_no_placeholder_left(kind):
    made = [changes.content(kind, random.Random(seed)) for seed in range(60)]
    assert not any("<<" in value or ">>" in value for one in made for value in one.values())
    assert all(one["content"] == f"{one['first']}\n{one['second']}" for one in made if "first" in one)
    assert len({one["content"] for one in made}) >= 6


def test_a_mistyped_word_is_another_word():
    pairs = [changes.edit("typo", random.Random(seed)) for seed in range(200)]
    assert all(one["old"] != one["new"] for one in pairs)
    assert sum(one["old"][0] == one["new"][0] for one in pairs) > 180


def test_small_programs_are_short_and_those_in_python_compile():
    found = changes.scripts()
    assert len(found) >= 60 and len({one["language"] for one in found}) >= 12
    for one in found:
        assert len(one["code"].splitlines()) <= 8
        if one["language"] == "python":
            compile(one["code"], one["stems"], "exec")


def test_the_data_has_no_list_that_is_not_there():
    text = (resources.files("training.generation") / "data" / "changes.toml").read_text("utf-8")
    form = changes._Form(random.Random(1))
    for token in sorted(set(changes._TOKEN.findall(text))):
        assert form[token]
