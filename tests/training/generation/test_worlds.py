"""Repositories that requests are about."""

import ast
import tomllib

import pytest

from training.generation.worlds import make_world

WORLDS = [make_world(seed) for seed in range(12)]


def test_the_same_seed_gives_the_same_files():
    assert make_world(3) == make_world(3)
    assert make_world(3).files != make_world(4).files


@pytest.mark.parametrize("world", WORLDS[:4])
def test_python_files_parse_and_settings_stand_in_their_files_once(world):
    for path in world.paths("py"):
        ast.parse(world.now(path))
    for path in world.paths("toml"):
        tomllib.loads(world.now(path))
    for setting in world.settings:
        assert world.now(setting.path).count(setting.line) == 1
        assert setting.other_line not in world.now(setting.path).splitlines()


def test_a_planted_mistake_is_in_its_file_and_the_right_line_is_not():
    planted = [world for world in WORLDS if world.mistake]
    assert 0 < len(planted) < len(WORLDS)
    for world in planted:
        text = world.now(world.mistake.path)
        assert world.mistake.line in text
        assert world.mistake.test in world.files
        assert f"def {world.mistake.function}(" in text


def test_some_worlds_have_changes_that_are_not_committed_and_some_have_none():
    assert {bool(world.changed) for world in WORLDS} == {True, False}


def test_symbols_stand_in_their_files():
    for world in WORLDS:
        assert all(name in world.now(path) for path, name in world.symbols)


def test_repositories_differ_in_their_languages():
    endings = {path.rpartition(".")[2] for world in WORLDS for path in world.files}
    assert len(endings & {"js", "ts", "go", "rs", "java", "rb", "c", "php", "sh", "sql"}) >= 8
