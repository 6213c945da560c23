"""The data that examples are generated from holds what it says of itself."""

import re
import textwrap
import tomllib
from importlib import resources
from typing import Any

import pytest

from tools.registry import builtin_registry
from tools.schema import validate

DATA = resources.files("training.generation") / "data"
FUNCTIONS = tomllib.loads((DATA / "functions.toml").read_text("utf-8"))["function"]
TEMPLATES = [
    (file.name, template)
    for file in (DATA / "templates").iterdir()
    for template in tomllib.loads(file.read_text("utf-8"))["template"]
]
TALKS = tomllib.loads((DATA / "talk.toml").read_text("utf-8"))["talk"]
TOOLS = {tool.name: tool for tool in builtin_registry()}
SLOT = re.compile(r"\{([a-z_0-9]+)\}")
KINDS = ("call", "no_tool", "ask", "several", "chat")


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


@pytest.mark.parametrize(("file", "template"), TEMPLATES, ids=lambda one: str(one)[:40])
def test_a_template_calls_tools_as_they_are_and_needs_no_slot_that_its_requests_lack(file, template):
    assert template.get("kind", "call") in KINDS
    requests = template["requests"].strip().splitlines()
    assert len(set(requests)) == len(requests) >= 2
    steps = template.get("steps") or ([template["calls"]] if "calls" in template else [])
    assert bool(steps) == (template.get("kind", "call") in ("call", "several"))
    for call in (call for step in steps for call in step):
        schema = TOOLS[call["tool"]].parameters
        numbers = {key for key, value in schema["properties"].items() if value["type"] == "integer"}
        given = {key: 1 if key in numbers else value for key, value in call["arguments"].items()}
        assert validate(schema, given) is None
        if len(steps) == 1:
            needed = set(SLOT.findall("".join(map(str, call["arguments"].values()))))
            assert all(needed <= set(SLOT.findall(request)) for request in requests), (file, template["id"])


def test_the_ids_of_templates_differ():
    ids = [template["id"] for _, template in TEMPLATES]
    assert len(set(ids)) == len(ids)


def test_talk_needs_no_tool_and_is_answered_shortly():
    pairs = [(str(talk.get("history")), *pair) for talk in TALKS for pair in talk["pairs"]]
    assert all(talk["kind"] in ("no_tool", "chat") and talk["topic"] for talk in TALKS)
    assert all(request.strip() and 0 < len(answer) <= 250 for _, request, answer in pairs)
    assert len({(history, request.lower()) for history, request, _ in pairs}) == len(pairs) >= 500
    assert sum(len(talk["pairs"]) for talk in TALKS if talk["topic"] == "other_languages") >= 60
    turns = [turn[0] for talk in TALKS for turn in talk.get("history", ())]
    assert turns and set(zip(turns[::2], turns[1::2], strict=True)) == {("user", "assistant")}
