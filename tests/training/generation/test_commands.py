"""Commands, code, addresses and pairs composed from forms."""

import random
import shlex
from typing import Any, cast

import pytest

from training.generation import commands
from training.generation.slots import KNOWN


class Values:
    """What finders need of slots."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.values: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self.values:
            self.values[name] = commands.FINDERS[name](cast("Any", self))
        return self.values[name]


@pytest.mark.parametrize("kind", list(commands.forms()))
def test_no_hole_is_left(kind):
    made = [commands.make(kind, random.Random(seed)) for seed in range(30)]
    assert not any(mark in one for one in made for mark in "‹›¦")


def test_there_are_thousands_of_commands():
    assert len({commands.make("shell", random.Random(seed)) for seed in range(400)}) > 330


def test_commands_are_whole():
    for seed in range(200):
        assert shlex.split(commands.make("shell", random.Random(seed)))


@pytest.mark.parametrize("kind", ["code", "formula", "predicted_code"])
def test_code_is_python(kind):
    for seed in range(100):
        compile(commands.make(kind, random.Random(seed)).partition(" => ")[0], kind, "exec")


def test_what_stands_alone_is_no_request_to_another_tool():
    for seed in range(200):
        command = commands.alone(random.Random(seed))
        assert command.split()[0] not in ("ls", "cat", "grep") or set("|>;&") & set(command)


def test_the_same_name_in_a_form_has_one_value():
    for seed in range(20):
        one, other = commands.filled("‹n#1› ‹n#1›", random.Random(seed)).split()
        assert one == other


@pytest.mark.parametrize("asked", ["explained", "compared", "judged_code"])
def test_a_pair_is_found_from_either_side(asked):
    right = commands._PAIRS[asked]
    for seed in range(20):
        assert Values(seed)[right]
    values = Values(3)
    pair = f"{values[asked]} => {values[right]}"
    assert pair == commands.make(asked, random.Random(3))


def test_what_follows_from_items_is_right():
    values = Values(1)
    items = values["items"].split(", ")
    assert values["sorted_items"].split(", ") == sorted(items)
    assert values["bullets"].splitlines() == [f"- {one}" for one in items]
    assert values["items_count"] == str(len(items))


def test_finders_are_slots():
    assert set(commands.FINDERS) <= KNOWN
