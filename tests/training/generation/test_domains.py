"""Tool sets of other domains: what their data must hold, and what is said where it does not."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from training.generation.base import GenerationError
from training.generation.domains import SLOT, domains, read_domain
from training.generation.offers import STYLES, styled_name

WATER = """
about = "water"
group = "home"
misses = '''
Where does {river} come from?
'''
[values]
river = ["the Rhine => Rhine", "Nile"]

[[function]]
name = "level"
says = "Get the level of a river."
takes = '''
river: river - name of the river
day?: date
fast?: bool
'''
requests = '''
How high is {river}?
How high is {river}, quickly? | fast=true
'''
asks = '''
How high is the water? -> In which river?
'''
"""


def bfcl_names() -> ModuleType:
    path = Path(__file__).with_name("bfcl_names.py")
    spec = importlib.util.spec_from_file_location("bfcl_names", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_domain_is_read_with_what_its_words_imply():
    (function,) = read_domain("water", WATER, {}).functions
    assert [one.implied for one in function.requests] == [{}, {"fast": True}]
    assert function.description == "Get the level of a river. Dates are YYYY-MM-DD."
    assert function.signature().parameters["required"] == ["river"]
    assert function.asks == (("How high is the water?", "In which river?"),)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("How high is {river}?", "How high is it?", "water.level: 'How high is it?' does not say river"),
        ("{river}?", "{stream}?", "has no value for stream"),
        ("How high is the water?", "How high is {river}?", "lacks nothing"),
        (" -> In which", " in which", "no question behind ->"),
        ("day?: date", "day?: dawn", "no kind of value is written 'dawn'"),
        ("fast=true", "slow=true", "slow"),
        ('about = "water"', "", "about"),
        ("about", "about about", "water: TOMLDecodeError"),
    ],
)
def test_what_is_wrong_with_a_domain_is_said(old, new, problem):
    with pytest.raises(GenerationError) as error:
        read_domain("water", WATER.replace(old, new), {})
    assert problem in str(error.value) and str(error.value).startswith("water")


def test_there_are_enough_domains_to_learn_choosing_from():
    assert len(domains()) >= 100
    assert sum(len(domain.functions) for domain in domains()) >= 560
    for domain in domains():
        assert len(domain.misses) + sum(len(one.asks) for one in domain.functions) >= 6, domain.name
        for function in domain.functions:
            assert len({one.text for one in function.requests}) >= 8, (domain.name, function.name)
            assert bool(function.gives) == bool(function.tells), (domain.name, function.name)


def test_names_are_told_apart_within_a_domain_and_what_serves_alike_is_of_the_domain():
    for domain in domains():
        names = {function.name for function in domain.functions}
        assert len(names) == len(domain.functions), domain.name
        assert all(function.also <= names for function in domain.functions), domain.name


def test_a_request_that_may_be_said_for_two_values_says_it_once():
    for function in (function for domain in domains() for function in domain.functions if function.pair):
        assert any(SLOT.findall(one.text).count(function.pair) == 1 for one in function.requests), (
            function.domain,
            function.name,
        )


def test_no_function_is_named_as_one_of_the_held_out_leaderboard():
    bfcl = bfcl_names()
    held_out = set(bfcl.DIGESTS.read_text("utf-8").split())
    assert bfcl.digest("weather.get_current_weather") in held_out
    functions = [function for domain in domains() for function in domain.functions]
    names = [styled_name(function, style) for function in functions for style in sorted(set(STYLES))]
    assert [name for name in names if bfcl.digest(name) in held_out] == []
