"""Noise leaves what matters as it is."""

import random

from training.generation.noise import mistyped, noisy

REQUEST = "please run git log -n {count} and show me {file}"


def test_slots_and_what_is_kept_survive_any_noise():
    for seed in range(300):
        made = noisy(REQUEST, random.Random(seed), 1.0, ["git log"])
        assert "{count}" in made
        assert "{file}" in made
        assert "git log" in made


def test_most_of_what_is_noisy_is_no_longer_the_same():
    made = [noisy(REQUEST, random.Random(seed), 1.0) for seed in range(200)]
    assert sum(one != REQUEST for one in made) > 150
    assert len(set(made)) > 100


def test_without_a_share_nothing_changes():
    assert noisy(REQUEST, random.Random(1), 0.0) == REQUEST


def test_a_typo_changes_few_letters():
    for seed in range(50):
        made = mistyped("show me the file", random.Random(seed))
        assert abs(len(made) - len("show me the file")) <= 3


def test_what_ends_in_dots_keeps_them():
    made = {noisy("go test ./...", random.Random(seed), 1.0, ["go test ./..."]) for seed in range(200)}
    assert all("go test ./..." in one for one in made)
