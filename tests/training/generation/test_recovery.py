"""Recovery from real errors: calls are executed, the first one fails, and what follows makes up for it."""

import random
from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio

from tools.protocol.messages import Message
from training.generation.catalogue import Template, templates
from training.generation.finders import Unfillable
from training.generation.scenes import Scene, play
from training.generation.slots import Slots
from training.generation.workshop import Workshop
from training.generation.worlds import make_world

pytestmark = [pytest.mark.bubblewrap, pytest.mark.asyncio(loop_scope="module")]
ERRORS: Mapping[str, tuple[str, str]] = {
    "ambiguous edit": ("recovery.", " 2 times (lines "),
    "missing file": ("debug.wrong_folder", "does not exist"),
    "edit of what is not there": ("debug.edit_n", "is not in"),
    "refused permission": ("debug.refused_", "the person refused this call"),
    "failing test": ("debug.fix_the_tests", "exit code 1"),
}
"""How the templates of an error begin, and what the first observation says."""
CASES = [
    pytest.param(template, said, id=f"{error}: {template.id}")
    for error, (prefix, said) in ERRORS.items()
    for template in templates().values()
    if template.id.startswith(prefix)
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workshop() -> AsyncIterator[Workshop]:
    async with Workshop() as opened:
        yield opened


async def scene_of(template: Template, workshop: Workshop) -> tuple[Scene, Slots]:
    for seed in range(12):
        world = make_world(seed)
        await workshop.open(world)
        slots = Slots(world, random.Random(f"recovery/{seed}"))
        try:
            return await play(template, slots, workshop), slots
        except Unfillable:
            continue
    raise AssertionError(f"no repository fits {template.id}")


@pytest.mark.parametrize(("template", "said"), CASES)
async def test_the_first_call_fails_and_what_follows_does_not(
    template: Template, said: str, workshop: Workshop
) -> None:
    scene, _ = await scene_of(template, workshop)
    seen = [one for one in scene.messages if one.role == "tool"]
    assert seen[0].failed and said in seen[0].text, seen[0].text
    assert not any(one.failed for one in seen[1:]), [one.text for one in seen]
    assert scene.messages[-1].role == "assistant" and not scene.messages[-1].calls


AMBIGUOUS = [one for one in templates().values() if one.id.startswith("recovery.")]


@pytest.mark.parametrize("template", AMBIGUOUS, ids=lambda one: one.id)
async def test_an_ambiguous_edit_is_made_where_it_was_meant_or_nowhere(
    template: Template, workshop: Workshop
) -> None:
    scene, slots = await scene_of(template, workshop)
    path = slots.fill(template.files[0][0])
    after = (workshop._context.workspace / path).read_text("utf-8")
    before = slots.fill(template.files[0][1])
    wanted, *made = edits(scene.messages)
    old, new = wanted["old_text"], wanted["new_text"]
    for edit in made:
        assert before.count(edit["old_text"]) == 1 and edit["old_text"].count(old) == 1
        assert edit["new_text"] == edit["old_text"].replace(old, new)
        before = before.replace(edit["old_text"], edit["new_text"])
    assert after == before
    assert made or scene.messages[-1].text.count("?") == 1


def edits(messages: tuple[Message, ...]) -> list[Mapping[str, str]]:
    return [call.arguments for one in messages for call in one.calls if call.tool == "edit_file"]
