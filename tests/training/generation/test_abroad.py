"""Names and texts in other natural languages."""

import random

import pytest

from training.generation.abroad import LANGUAGES
from training.generation.slots import Slots
from training.generation.worlds import make_world

WORLD = make_world(3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_many_names_and_they_can_be_paths(language):
    many = [Slots(WORLD, random.Random(seed)) for seed in range(60)]
    files = {slots[f"file_{language}"] for slots in many}
    assert len(files) >= 50
    assert all(" " not in name and not name.startswith("/") and "." in name for name in files)
    assert len({slots[f"query_{language}"] for slots in many}) >= 12
    assert len({slots[f"text_{language}"] for slots in many}) >= 12
    assert all(slots[f"word_{language}"] and slots[f"folder_{language}"] for slots in many)
