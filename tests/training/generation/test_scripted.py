"""The scripted teacher, over a real sandbox."""

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from sandbox.settings import SandboxSettings
from training.datasets.example import Example, check
from training.generation.base import GenerationError
from training.generation.crew import Crew
from training.generation.scripted import PARTS, ScriptedTeacher
from training.generation.settings import Parts


def make(indices: range, mix: Parts | None = None, seed: int = 5) -> list[Example]:
    async def all_of_them() -> list[Example]:
        async with ScriptedTeacher(seed, mix or Parts()) as teacher:
            return [await teacher.make(index) for index in indices]

    return asyncio.run(all_of_them())


def only(part: str) -> Parts:
    return Parts(**{**dict.fromkeys(PARTS, 0.0), part: 1.0}, whole=1.0)


def test_without_a_sandbox_nothing_is_made():
    teacher = ScriptedTeacher(1, sandbox=SandboxSettings(engine="off"))
    with pytest.raises(GenerationError, match="sandbox is off"):
        asyncio.run(teacher.__aenter__())


@pytest.mark.bubblewrap
def test_examples_are_checked_varied_and_the_same_for_the_same_number():
    made = make(range(120))
    for example in made:
        check(example)
    assert len({example.id for example in made}) >= 115
    assert len(Counter(example.kind for example in made)) >= 4
    again = make(range(40, 60))
    assert [one.messages[0] for one in again] == [one.messages[0] for one in made[40:60]]


@pytest.mark.bubblewrap
def test_what_is_observed_was_executed():
    for example in make(range(30), only("call")):
        observed = [message for message in example.messages if message.role == "tool"]
        assert all(message.text for message in observed)
        assert example.messages[-1].text


@pytest.mark.bubblewrap
def test_where_the_right_tool_is_absent_none_is_called():
    for example in make(range(20), only("absent")):
        assert not any(message.calls for message in example.messages)
        assert example.kind == "no_tool"


@pytest.mark.bubblewrap
def test_several_calls_are_made_together_or_one_after_another():
    made = make(range(20), only("several"))
    assert all(sum(len(message.calls) for message in example.messages) >= 1 for example in made)
    assert any(len(message.calls) > 1 for example in made for message in example.messages)


def test_foreign_examples_near_one_another_offer_the_same_tools():
    teacher = ScriptedTeacher(3, only("foreign"), SandboxSettings(engine="off"))
    made = [asyncio.run(teacher.make(index)) for index in range(48)]
    assert len({tuple(sorted(tool.name for tool in one.tools)) for one in made}) <= 6
    asyncio.run(teacher.__aexit__(None, None, None))


@pytest.mark.bubblewrap
def test_a_crew_makes_the_same_examples_and_opens_whom_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    opened = []
    enter = ScriptedTeacher.__aenter__

    async def counted(self: ScriptedTeacher) -> ScriptedTeacher:
        opened.append(self)
        return await enter(self)

    async def crew(numbers: list[int]) -> list[Example]:
        async with Crew(5, teachers=3) as made:
            return list(await asyncio.gather(*(made.make(number) for number in numbers)))

    monkeypatch.setattr(ScriptedTeacher, "__aenter__", counted)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    numbers = [0, 13, 1, 37, 14]
    made = asyncio.run(crew(numbers))
    assert len(opened) == 2, "numbers of the third repository were not asked for"
    assert not list(tmp_path.iterdir()), "no folder is left behind"
    alone = make(range(38))
    assert [one.messages[0] for one in made] == [alone[number].messages[0] for number in numbers]
