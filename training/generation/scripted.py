"""The scripted teacher: it makes the request, so it knows the right calls, and it executes them.

Invariant: example ``index`` of a seed has the same request, tools and calls wherever it is made. What
programs print of the time or the machine may differ.
"""

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Any, Self

from sandbox.settings import SandboxSettings
from tools.protocol.messages import Message, Signature
from training.datasets.example import Example, Kind, check, example_id
from training.generation.base import GenerationError
from training.generation.catalogue import Template, replies, talk, templates
from training.generation.finders import Unfillable
from training.generation.foreign import OFFERS, foreign_example
from training.generation.noise import noisy
from training.generation.reading.examples import reading_example
from training.generation.scenes import Scene, base_of, decision_only, play
from training.generation.settings import Parts
from training.generation.shelf import Shelf
from training.generation.slots import Slots
from training.generation.task_worlds import make_small_world
from training.generation.workshop import Workshop
from training.generation.worlds import make_world

PROMPT_VERSION = "scripted-2"
PARTS = (
    "call",
    "everyday",
    "several",
    "task",
    "follow_up",
    "language",
    "ask",
    "talk",
    "absent",
    "foreign",
    "reading",
)
TASKS = "tasks"
"""Groups that begin so are whole tasks, in repositories of a few files."""
PER_WORLD = 12
"""Examples in a row that are about the same repository."""
_ATTEMPTS = 20
_STRETCH = 24


class ScriptedTeacher:
    """Fulfils ``Source``. An async context manager."""

    def __init__(
        self, seed: int = 0, parts: Parts | None = None, sandbox: SandboxSettings | None = None
    ) -> None:
        self._seed = seed
        self._parts = parts or Parts()
        self._workshop = Workshop(sandbox)
        self._shelf = Shelf(self._workshop.registry)

    async def __aenter__(self) -> Self:
        await self._workshop.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._workshop.close()

    async def make(self, index: int) -> Example:
        dice = random.Random(f"{self._seed}/{index}")
        part = self._part(dice)
        for attempt in range(_ATTEMPTS):
            try:
                made = await self._made(part, index, dice, attempt)
            except Unfillable:
                continue
            check(made)
            return made
        raise GenerationError(f"example {index} of seed {self._seed}: no template of {part} fits")

    def _foreign_number(self, index: int) -> int:
        """Those of a stretch are about the same tools, because a batch's tools are computed once."""
        unique = (self._seed << 32) + index
        return unique * OFFERS + (self._seed * 1009 + index // _STRETCH) % OFFERS

    def _part(self, dice: random.Random) -> str:
        return dice.choices(PARTS, [getattr(self._parts, part) for part in PARTS])[0]

    async def _made(self, part: str, index: int, dice: random.Random, attempt: int) -> Example:
        if part == "foreign":
            return foreign_example(self._foreign_number(index))
        if part == "reading":
            if made := reading_example(dice, f"reading-{self._seed}-{index}"):
                return made
            raise Unfillable
        if part == "talk" and dice.random() < 0.6:
            return self._talk(dice, index)
        template = _drawn(_pools()[part], dice)
        make = make_small_world if template.group.startswith(TASKS) else make_world
        world = make(self._seed * 1_000_003 + index // PER_WORLD + attempt // 4)
        slots = Slots(world, dice)
        await self._workshop.open(world)
        before: list[Message] = []
        base = base_of(template)
        if base is not None:
            before += (await play(base, slots, self._workshop)).messages
        scene = await play(template, slots, self._workshop, len(before))
        if part == "absent":
            return self._without_tool(template, scene, dice, index)
        return self._example(template, before, scene, dice, index)

    def _example(
        self, template: Template, before: list[Message], scene: Scene, dice: random.Random, index: int
    ) -> Example:
        messages = (*before, *scene.messages)
        called = [call.tool for message in messages for call in message.calls]
        is_task = len(template.steps) > 1 or template.group.startswith(TASKS)
        whole = scene.whole and (is_task or dice.random() < self._parts.whole)
        if template.steps and not whole:
            messages = decision_only(messages)
        tools = self._shelf.for_calls(called, dice)
        return self._finished(messages, tools, template.kind, template.id, template.language, index)

    def _without_tool(self, template: Template, scene: Scene, dice: random.Random, index: int) -> Example:
        """The same request where the tool for it is not on offer."""
        tools = self._shelf.without([call.tool for one in scene.messages for call in one.calls], dice)
        request = decision_only(scene.messages)[:-1]
        said = Message("assistant", text=dice.choice(replies()["absent"]))
        return self._finished((*request, said), tools, "no_tool", template.id, template.language, index)

    def _talk(self, dice: random.Random, index: int) -> Example:
        one = dice.choice(talk())
        history = [
            Message("user" if role == "user" else "assistant", text=text) for role, text in one.history
        ]
        request = noisy(one.request, dice, 0.25)
        messages = (*history, Message("user", text=request), Message("assistant", text=one.answer))
        tools = self._shelf.for_calls((), dice)
        return self._finished(messages, tools, one.kind, f"talk.{one.topic}", "", index)

    def _finished(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Signature, ...],
        kind: Kind,
        template: str,
        language: str,
        index: int,
    ) -> Example:
        source: dict[str, Any] = {
            "provider": "scripted",
            "template": template,
            "prompt_version": PROMPT_VERSION,
        }
        if language:
            source["language"] = language
        session = f"world-{self._seed}-{index // PER_WORLD}"
        return Example(example_id(messages, tools), messages, tools, kind, session, source)


def _drawn(pool: Sequence[Template], dice: random.Random) -> Template:
    """A template. A tool with few of them is drawn more often than its share, so that none is rare."""
    by_tool: dict[str, list[Template]] = defaultdict(list)
    for one in pool:
        by_tool[one.steps[0][0]["tool"] if one.steps else ""].append(one)
    tools = sorted(by_tool)
    tool = dice.choices(tools, [math.sqrt(len(by_tool[tool])) for tool in tools])[0]
    return dice.choice(by_tool[tool])


@cache
def _pools() -> Mapping[str, Sequence[Template]]:
    """Templates by the part of the mix that they are for."""
    known = templates().values()
    english = [one for one in known if one.language == "en"]
    alone = [one for one in english if not one.after and not one.history]
    everyday = [one for one in english if one.group.startswith("everyday")]
    tasks = [one for one in alone if one.group.startswith(TASKS)]
    calls = [one for one in alone if one.kind == "call" and one not in (*everyday, *tasks)]
    return {
        "call": calls,
        "everyday": everyday or calls,
        "absent": calls,
        "several": [one for one in alone if one.kind == "several" and one not in tasks],
        "task": tasks or calls,
        "follow_up": [one for one in english if one.after or one.history] or calls,
        "language": [one for one in known if one.language != "en"] or calls,
        "ask": [one for one in alone if one.kind == "ask"],
        "talk": [one for one in alone if one.kind in ("no_tool", "chat")],
    }
