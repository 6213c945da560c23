"""Prompts from TOML: the shipped ones hold, and a bad file is named."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tools.protocol.calls import ANSWER
from tools.protocol.messages import (
    Conversation,
    Reading,
    Signature,
    conversation_from_dict,
    conversation_to_dict,
)
from tools.protocol.render import turns
from tools.registry import builtin_registry
from tools.schema import validate
from training.student.base import StudentError
from training.student.other_tools import for_tools
from training.student.prompt import (
    parse_prompt,
    prompt_for,
    shipped_prompt,
    shipped_text,
    with_reading,
)
from training.student.temperatures import prompt_fingerprint


def test_every_example_of_the_small_prompt_is_a_valid_call_of_a_built_in_tool() -> None:
    registry = builtin_registry()
    shown = [call for turn in shipped_prompt("small").examples for call in turn.calls]
    for call in shown:
        tool = registry.get(call.tool)
        assert tool, call
        assert validate(tool.parameters, call.arguments) is None
    assert {call.tool for call in shown} == set(registry.names())


def test_every_example_is_a_whole_turn_that_ends_in_an_answer() -> None:
    shapes = "".join(turn.role[0] for turn in shipped_prompt("small").examples)
    assert re.fullmatch("(ua|uata)+", shapes)
    assert "uau" in shapes
    assert all(turn.text or turn.calls for turn in shipped_prompt("small").examples)


def test_the_embedded_student_gets_the_small_prompt_and_others_the_general_one() -> None:
    assert prompt_for("embedded") == shipped_prompt("small")
    assert prompt_for("/models/big.gguf") == shipped_prompt("general")
    assert ANSWER in shipped_prompt("general").instructions


def test_a_tuned_student_is_told_what_other_tools_are_for_and_nothing_of_those_it_knows() -> None:
    tuned = shipped_prompt("tuned")
    known = builtin_registry().signatures()
    weather = Signature("get_weather", "The weather of a city.", {"type": "object", "properties": {}})
    conversation = Conversation(for_tools(tuned, (weather, *known)), (weather, *known))
    (_, shown), *_ = turns(conversation_from_dict(conversation_to_dict(conversation)))
    assert "get_weather(): The weather of a city." in shown
    assert not [tool.name for tool in known if tool.description in shown]
    assert tuned.max_rounds == 0 and tuned.max_calls > 1


def test_the_reading_prompt_is_the_tuned_one_that_also_says_how_to_read() -> None:
    reading = shipped_prompt("reading")
    assert reading.reading is not None
    assert replace(reading, reading=None) == shipped_prompt("tuned")
    conversation = Conversation(reading)
    assert conversation_from_dict(conversation_to_dict(conversation)) == conversation
    assert {shipped_prompt(name).reading for name in ("general", "small", "tuned")} == {None}


def test_weights_and_bounds_are_put_into_a_prompt_and_all_else_stays() -> None:
    text, fitted = (
        shipped_text("reading"),
        Reading("Say which line answers the question.", 3.0, 1.0, -0.5, 0.8),
    )
    changed = with_reading(text, fitted)
    assert parse_prompt(changed, "x").reading == fitted
    assert replace(parse_prompt(changed, "x"), reading=None) == shipped_prompt("tuned")
    assert changed.startswith(text.split("[reading]", maxsplit=1)[0])


def test_how_results_are_read_changes_no_fingerprint_of_prompts_that_do_not(tmp_path: Path) -> None:
    """Temperatures that were fitted before prompts could say it still hold."""
    known = "58406bc625e8"
    assert prompt_fingerprint(shipped_prompt("tuned"))[:12] == known
    assert prompt_fingerprint(shipped_prompt("reading"))[:12] != known


def test_a_prompt_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('instructions = "Help."\nmax_calls = 2\n[[examples]]\nrequest = "a"\nanswer = "b"\n')
    prompt = prompt_for("embedded", str(file))
    assert (prompt.instructions, prompt.max_calls, len(prompt.examples)) == ("Help.", 2, 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("instructions = ", "mine: not valid TOML"),
        ("max_calls = 2", "mine: instructions"),
        ('instructions = "a"\nmax_calls = 0', "mine: max_calls"),
        ('instructions = "a"\nwords = 3', "mine: words"),
    ],
)
def test_M01_a_bad_prompt_file_is_named_with_the_place(text: str, says: str) -> None:
    with pytest.raises(StudentError, match=says):
        parse_prompt(text, "mine")


def test_a_missing_prompt_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(StudentError, match=r"student\.prompt: cannot read"):
        prompt_for("embedded", str(tmp_path / "none.toml"))
