"""Examples over tools of other domains."""

import random
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from json import loads

import pytest

from tools.protocol.grammar import ordered_properties
from tools.protocol.messages import Message
from training.datasets.example import Example, check
from training.generation.domains import domains
from training.generation.figures import Figures
from training.generation.foreign import OFFERS, foreign_example
from training.generation.offers import STYLES, builtin_requests, builtin_signatures, make_offer, styled_name
from training.generation.values import read_kind, read_words

SOME = 360


@lru_cache(maxsize=1)
def some() -> tuple[Example, ...]:
    return tuple(foreign_example(seed) for seed in range(SOME))


def test_an_example_follows_from_its_seed():
    assert foreign_example(17) == foreign_example(17)
    assert len({example.session for example in some()}) == SOME


def test_examples_share_their_tools_with_others():
    one, other = foreign_example(5), foreign_example(5 + 3 * OFFERS)
    assert one.tools == other.tools
    assert one.messages != other.messages


def test_results_of_tools_that_do_not_exist_are_counted_as_what_they_are():
    figures = Figures()
    for example in some():
        figures.add(example)
    figures.add(replace(some()[0], messages=(Message("tool", "x"),), source={"provider": "scripted"}))
    results = figures.facts()["results"]
    assert results["executed"] == 1 and results["imagined"] > 20


def test_a_sample_can_be_trained_on():
    for example in some()[::45]:
        check(example)


@pytest.mark.slow
def test_all_can_be_trained_on():
    for seed in range(2000):
        check(foreign_example(seed))


def test_the_kinds_have_their_shares():
    shares = {kind: count / SOME for kind, count in Counter(each.kind for each in some()).items()}
    assert 0.48 <= shares["call"] <= 0.62
    assert 0.24 <= shares["no_tool"] + shares.get("chat", 0) <= 0.37
    assert 0.04 <= shares["ask"] <= 0.12
    assert 0.03 <= shares["several"] <= 0.1
    assert all(len(each.messages[1].calls) == 2 for each in some() if each.kind == "several")


def test_a_quarter_of_the_offers_is_masked_and_described():
    offers = [make_offer(number) for number in range(400)]
    masked = [each for each in offers if any(_is_masked(one) for one in each.shown)]
    assert 0.19 <= len(masked) / len(offers) <= 0.31
    for shown in (one for each in masked for one in each.shown):
        hidden = {new for old, new in shown.names.items() if old != new}
        assert all(f"{name}: " in shown.signature.description for name in hidden)


def _is_masked(shown) -> bool:
    styles = {styled_name(shown.function, style) for style in STYLES}
    return shown.signature.name not in styles or any(old != new for old, new in shown.names.items())


def test_no_request_without_a_call_is_one_that_an_offered_function_serves():
    groups = {domain.name: domain.groups for domain in domains()}
    for seed, example in enumerate(some()):
        offer = make_offer(seed % OFFERS)
        if example.kind != "no_tool" or example.source["template"] == "talk":
            continue
        domain, _, name = example.source["template"].partition(".")
        served = {each.function.name for each in offer.shown if each.function.domain == domain}
        assert name not in served
        if not offer.builtins and domain != offer.domain.name:
            assert not any(groups[domain] & groups[each.function.domain] for each in offer.shown)


def test_where_all_built_in_tools_are_offered_nothing_is_declined():
    beside = [number for number in range(150) if make_offer(number).builtins]
    assert beside
    for example in (foreign_example(number + at * OFFERS) for number in beside for at in range(8)):
        assert example.kind not in ("no_tool", "chat") or example.source["template"] == "talk"


def test_beside_the_built_in_tools_both_kinds_are_asked_for():
    beside = [number for number in range(150) if make_offer(number).builtins]
    examples = [foreign_example(number + at * OFFERS) for number in beside for at in range(8)]
    check(examples[0])
    called = {example.messages[1].calls[0].tool for example in examples if example.messages[1].calls}
    assert called & set(builtin_signatures()) and called - set(builtin_signatures())
    assert all(set(builtin_signatures()) <= {tool.name for tool in each.tools} for each in examples)


def test_other_tools_often_stand_beside_the_built_in_ones_as_those_of_servers_do():
    offers = [make_offer(number) for number in range(400)]
    beside = [each for each in offers if each.builtins]
    assert 0.24 <= len(beside) / len(offers) <= 0.36
    others = Counter(len(each.tools) - len(builtin_signatures()) for each in beside)
    assert set(others) >= {1, 2, 3, 4}


def test_parameters_of_some_offers_say_nothing_but_their_names():
    silent = []
    for offer in (make_offer(number) for number in range(400)):
        own = [each for each in offer.shown if each.function not in builtin_requests()]
        properties = [value for each in own for value in each.signature.parameters["properties"].values()]
        silent.append(bool(properties) and not any("description" in value for value in properties))
        assert silent[-1] or all(value["description"] for value in properties)
    assert 0.12 <= sum(silent) / len(silent) <= 0.28


def test_functions_of_servers_that_have_nothing_in_common_are_offered_together():
    groups = {domain.name: domain.groups for domain in domains()}
    of_servers = [
        offer
        for offer in (make_offer(number) for number in range(200))
        if all(
            one.signature.name.startswith(one.function.domain) for one in offer.shown if not offer.builtins
        )
        and len({one.function.domain for one in offer.shown}) >= 4
        and not offer.builtins
    ]
    assert len(of_servers) >= 10
    apart = [
        not any(groups[one] & groups[other] for one in named for other in named if one < other)
        for named in ({one.function.domain for one in offer.shown} for offer in of_servers)
    ]
    assert sum(apart) / len(apart) >= 0.85


def test_requests_for_built_in_tools_take_what_they_take():
    for function in builtin_requests():
        known = builtin_signatures()[function.name].parameters
        assert {each.name for each in function.parameters} <= set(known["properties"])
        assert {each.name for each in function.parameters if each.required} == set(known["required"])


def test_arguments_stand_in_the_order_that_decoding_writes_them_in():
    for example in some():
        schemas = {tool.name: tool.parameters for tool in example.tools}
        for call in (call for message in example.messages for call in message.calls):
            required, optional = ordered_properties(schemas[call.tool])
            order = [*required, *optional]
            assert list(call.arguments) == [name for name in order if name in call.arguments]


def test_an_answer_states_the_observation():
    going_on = [each for each in some() if each.messages[-2].role == "tool"]
    assert 0.05 <= len(going_on) / SOME <= 0.15
    for example in going_on:
        seen, said = example.messages[-2].text, example.messages[-1].text.replace(",", "")
        if example.messages[-2].failed:
            assert loads(seen)["error"] in said
        else:
            assert any(digits in said for digits in _numbers(seen)), example.messages


def test_what_was_asked_for_and_given_stands_in_the_call():
    answered = [each for each in some() if len(each.messages) == 4 and each.messages[2].role == "user"]
    assert answered
    for example in answered:
        said = " ".join(message.text for message in example.messages if message.role == "user")
        for value in example.messages[-1].calls[0].arguments.values():
            whole = isinstance(value, int) and not isinstance(value, bool) and value < 10_000
            assert not whole or str(value) in said or value <= 10


def _numbers(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in text).split() or [""]


@pytest.mark.parametrize(
    ("written", "kind"),
    [("1..3", int), ("0.5..2.5", float), ("a|b", str), ("bool", bool), ("[1..9]", list), ("thing", str)],
)
def test_a_value_is_of_its_kind(written, kind):
    dice = random.Random(1)
    named = {"thing": read_words(["the moon => moon"])}
    drawn = [read_kind(written, named).draw(dice) for _ in range(20)]
    assert all(isinstance(one.value, (kind, int) if kind is float else kind) for one in drawn)


def test_a_named_value_is_said_otherwise_than_it_is_written():
    one = read_words(["the moon => moon"]).draw(random.Random(1))
    assert (one.said, one.value) == ("the moon", "moon")


def test_a_list_of_fixed_length_and_an_object():
    dice = random.Random(2)
    point = read_kind("[2 * 0..9]", {}).draw(dice)
    assert len(point.value) == 2 and point.said.startswith("[")
    size = read_kind("{width 1..9; height 1..9}", {}).draw(dice)
    assert set(size.value) == {"width", "height"} and f"width {size.value['width']}" in size.said
