"""What is made from forms."""

import random
import re

import pytest

from training.generation import made_up


@pytest.mark.parametrize("kind", ["url", "topic", "sentence", "command", "snippet"])
def test_there_are_many_and_no_placeholder_is_left(kind):
    made = {made_up.make(kind, random.Random(seed)) for seed in range(300)}
    assert len(made) > 150
    assert not any(re.search(r"<[a-z]+>|<\d+-\d+>|\[[^\]]*\|", one) for one in made)


def test_snippets_are_python():
    for seed in range(100):
        compile(made_up.make("snippet", random.Random(seed)), "snippet", "exec")


def test_addresses_are_addresses():
    for seed in range(100):
        assert re.fullmatch(r"https?://[\w.-]+(:\d+)?(/\S*)?", made_up.make("url", random.Random(seed)))
