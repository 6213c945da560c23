"""The data that examples are generated from holds what it says of itself."""

import re
import textwrap
import tomllib
from importlib import resources
from typing import Any

import pytest

from tools.registry import builtin_registry
from tools.schema import validate
from training.generation import abroad, changes, file_requests, task_records
from training.generation.slots import KNOWN

IMPLIED = {**abroad.IMPLIED, **file_requests.IMPLIED, **changes.IMPLIED, **task_records.IMPLIED}
DATA = resources.files("training.generation") / "data"
FUNCTIONS = tomllib.loads((DATA / "functions.toml").read_text("utf-8"))["function"]
TALKS = tomllib.loads((DATA / "talk.toml").read_text("utf-8"))["talk"]
TEMPLATES = {
    f"{folder}/{file.name}": tomllib.loads(file.read_text("utf-8"))["template"]
    for folder in ("templates", "languages")
    if (DATA / folder).is_dir()
    for file in (DATA / folder).iterdir()
    if file.name.endswith(".toml")
}
BY_ID = {template["id"]: template for group in TEMPLATES.values() for template in group}
TOOLS = {tool.name: tool for tool in builtin_registry()}
SLOT = re.compile(r"\{([a-z_0-9]+)\}")
SHOWN = """{page_first} {page_second} {changed} {only_change} {conf_old} {conf_host}
{span_next} {span_next_last} {release_patch} {release_minor} {right_command}"""
"""Slots that an observation of an earlier turn shows, or that follow from what it shows."""
KINDS = ("call", "no_tool", "ask", "several", "chat")


def whole(template: dict[str, Any]) -> dict[str, Any]:
    """The template with what it takes from the one that it is the same as."""
    base = BY_ID[template["same_as"]] if "same_as" in template else {}
    assert "same_as" not in base
    return {**base, **template}


def turns(template: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Lists of calls that are made together."""
    found: list[list[dict[str, Any]]] = template.get("steps") or (
        [template["calls"]] if "calls" in template else []
    )
    return found


def outcomes(function: dict[str, Any], body: str) -> list[bool]:
    """Which checks hold; one that raises does not."""
    source = f"def {function['name']}({function['parameters']}):\n{textwrap.indent(body, '    ')}\n"
    names: dict[str, Any] = {}
    exec(source, names)
    found = []
    for check in function["checks"]:
        try:
            found.append(bool(eval(check, names)))
        except Exception:  # noqa: BLE001 - a mistake may raise anything
            found.append(False)
    return found


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function["name"])
def test_a_function_is_right_and_its_mistake_is_found_by_the_first_check(function):
    body = function["body"].strip("\n")
    assert body.count(function["line"]) == 1
    assert all(outcomes(function, body))
    assert not outcomes(function, body.replace(function["line"], function["mistake"]))[0]


@pytest.mark.parametrize("group", TEMPLATES)
def test_a_template_calls_tools_as_they_are_and_has_one_way_to_answer(group):
    for template in map(whole, TEMPLATES[group]):
        kind = template.get("kind", "call")
        assert kind in KINDS
        assert bool(turns(template)) == (kind in ("call", "several")), template["id"]
        assert "says" in template or "answer" in template, template["id"]
        for call in (call for turn in turns(template) for call in turn):
            schema = TOOLS[call["tool"]].parameters
            numbers = {key for key, value in schema["properties"].items() if value["type"] == "integer"}
            given = {key: 1 if key in numbers else value for key, value in call["arguments"].items()}
            assert validate(schema, given) is None, (template["id"], call)


@pytest.mark.parametrize("group", TEMPLATES)
def test_what_the_first_calls_need_stands_in_the_conversation(group):
    """Arguments of later calls may come from what the first ones showed."""
    for template in map(whole, TEMPLATES[group]):
        requests = template["requests"].strip("\n").splitlines()
        assert len(set(requests)) == len(requests) >= 2, template["id"]
        assert all(request.strip() for request in requests), template["id"]
        before = "".join(text for _, text in template.get("history", ()))
        base = whole(BY_ID[template["after"]]) if "after" in template else {}
        before += str(base.get("files", "")) + SHOWN * bool(base)
        earlier = base["requests"].strip().splitlines() if base else [""]
        needed = set(SLOT.findall(str([call["arguments"] for call in (turns(template) or [[]])[0]])))
        for request in requests:
            for one in earlier:
                said = set(SLOT.findall(before + one + request))
                said |= {slot for slot, sources in IMPLIED.items() if said & set(sources)}
                assert needed <= said, (template["id"], request, needed - said)


@pytest.mark.parametrize("group", TEMPLATES)
def test_slots_are_known(group):
    for template in TEMPLATES[group]:
        assert set(SLOT.findall(str(template))) <= KNOWN, template["id"]


def test_the_ids_of_templates_differ_and_earlier_turns_are_there():
    ids = [template["id"] for group in TEMPLATES.values() for template in group]
    assert len(set(ids)) == len(ids)
    for template in map(whole, (one for group in TEMPLATES.values() for one in group)):
        assert "after" not in whole(BY_ID[template["after"]]) if "after" in template else True, template["id"]


def test_an_earlier_turn_in_words_alternates_and_ends_with_the_assistant():
    histories = [one["history"] for group in TEMPLATES.values() for one in group if "history" in one]
    histories += [talk["history"] for talk in TALKS if "history" in talk]
    for history in histories:
        roles = [role for role, _ in history]
        assert roles == ["user", "assistant"] * (len(roles) // 2)


def test_talk_needs_no_tool_and_is_answered_shortly():
    pairs = [(str(talk.get("history")), *pair) for talk in TALKS for pair in talk["pairs"]]
    assert all(talk["kind"] in ("no_tool", "chat") and talk["topic"] for talk in TALKS)
    assert all(request.strip() and 0 < len(answer) <= 250 for _, request, answer in pairs)
    assert len({(history, request.lower()) for history, request, _ in pairs}) == len(pairs) >= 500
    assert sum(len(talk["pairs"]) for talk in TALKS if talk["topic"] == "other_languages") >= 60


def test_noise_stands_apart_from_the_request_and_has_no_slots():
    noise = tomllib.loads((DATA / "noise.toml").read_text("utf-8"))
    assert all(one.endswith(" ") for one in noise["openers"]) and len(noise["openers"]) >= 60
    assert all(one[0] in " ,." for one in noise["closers"]) and len(noise["closers"]) >= 55
    assert len(noise["asides"]) >= 30 and len(noise["pastes"]) >= 25 and len(noise["abbreviations"]) >= 60
    for one in ("openers", "closers", "asides", "pastes"):
        assert len(set(noise[one])) == len(noise[one])
        assert not any(SLOT.search(text) for text in noise[one])


def test_there_is_enough_of_each_kind():
    groups = {
        name.removeprefix("templates/"): group for name, group in TEMPLATES.items() if "templates/" in name
    }
    assert len(groups) >= 7 and sum(map(len, groups.values())) >= 150
    least = {"missing": 25, "indirect": 30, "followups": 35, "multi_step": 15, "debugging": 15}
    for name, count in {**least, "test_generation": 15, "documentation": 15}.items():
        assert len(groups[f"{name}.toml"]) >= count, name
    tools = {call["tool"] for one in groups["indirect.toml"] for turn in turns(whole(one)) for call in turn}
    assert tools == set(TOOLS)


def test_sixteen_languages_have_what_every_tool_needs():
    languages = {name: group for name, group in TEMPLATES.items() if name.startswith("languages/")}
    assert len(languages) >= 16
    for name, group in languages.items():
        assert len(group) >= 22, name
        assert {call["tool"] for one in group for turn in turns(whole(one)) for call in turn} == set(TOOLS), (
            name
        )
        assert {whole(one).get("kind", "call") for one in group} >= {"call", "no_tool", "ask", "chat"}, name
        assert all(
            "says" in one for one in group if whole(one).get("kind", "call") in ("no_tool", "ask", "chat")
        ), name
