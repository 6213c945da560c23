"""Who makes examples, item by item: the scripted source alone, or a teacher from its examples.

Invariant: an item of the same number is the same question to the same teacher, so that what was paid for is
found again; no two makers of a run begin with the same example.
"""

import random
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from training.datasets.example import Example
from training.generation.base import Source
from training.generation.labelling import decided_of, labelled
from training.generation.multiplying import Made, multiplied, multiply_request
from training.generation.people import Person, people
from training.generation.seeds import is_known
from training.generation.settings import GenerationSettings
from training.generation.shares import with_shares
from training.generation.tally import Rejection
from training.teachers.base import TeacherProvider, TeacherRequest
from training.teachers.relabelling import relabel_request
from training.teachers.run import TeacherRun
from training.teachers.soft_labels import asks_letters, letters_request

Way = Literal["multiply", "label"]


class Maker(Protocol):
    """``per_item`` is how many examples an item has at most; ``at_once`` items are made side by side, and
    ``ahead`` of their turn; after ``patience`` examples without a good one it is given up."""

    name: str
    per_item: int
    at_once: int
    ahead: int
    patience: int

    async def make(self, item: int) -> list[Made]:
        """Raises GenerationError, TeacherError."""


class Numbering:
    """Deals the examples of one source out to ``makers``, as if they were cards."""

    def __init__(self, source: Source, place: int, makers: int) -> None:
        self._source = source
        self._place = place
        self._makers = makers

    def number(self, item: int) -> int:
        return item * self._makers + self._place

    async def make(self, item: int) -> Example:
        return await self._source.make(self.number(item))


class ScriptedMaker:
    """Fulfils ``Maker``: examples as the source has them, right by construction."""

    per_item, at_once, ahead, patience = 1, 64, 64, 1_000

    def __init__(self, seeds: Numbering) -> None:
        self.name = "scripted"
        self._seeds = seeds

    async def make(self, item: int) -> list[Made]:
        example = await self._seeds.make(item)
        made_by = {"provider": self.name, "model": self.name, "cost_usd": 0.0}
        return [replace(example, source={**example.source, **made_by})]


@dataclass(frozen=True)
class Manner:
    """How teachers are asked. ``soft`` asks for their distribution over the tools too."""

    seed: int
    way: Way
    soft: bool
    settings: GenerationSettings


class TeacherMaker:
    """Fulfils ``Maker``: a teacher multiplies or labels what the seeds have."""

    patience = 200

    def __init__(self, seeds: Numbering, run: TeacherRun, provider: TeacherProvider, manner: Manner) -> None:
        self.name: str = provider.config.provider
        self.per_item = manner.settings.variants if manner.way == "multiply" else 1
        self.at_once = provider.config.concurrency
        self.ahead = 4 * self.at_once
        self._seeds = seeds
        self._run = run
        self._provider = provider
        self._manner = manner

    async def make(self, item: int) -> list[Made]:
        seed = await self._seeds.make(item)
        if self._manner.way == "label" or not is_known(seed):
            return [await labelled(self._run, self._provider, self._id(item), seed, soft=self._manner.soft)]
        answered = await self._run.answered(self._provider, self._multiply(item, seed))
        if answered.reply is None:
            return [Rejection("no reply", answered.problem)]
        made = multiplied(seed, self._people(item), answered.reply)
        if not self._manner.soft:
            return made
        numbered = [f"{self._id(item)}-{number}" for number in range(len(made))]
        return [
            await with_shares(self._run, self._provider, id_, one) if isinstance(one, Example) else one
            for id_, one in zip(numbered, made, strict=True)
        ]

    async def questions(self, item: int) -> list[TeacherRequest]:
        """What ``make`` will ask: the first one as it will be asked, the others about as long."""
        seed = await self._seeds.make(item)
        label = relabel_request(decided_of(self._id(item), seed))
        multiplies = self._manner.way == "multiply" and is_known(seed)
        asked = [self._multiply(item, seed) if multiplies else label]
        if self._manner.soft and asks_letters(self._provider.config, label):
            asked += [letters_request(label)] * (self.per_item if multiplies else 1)
        return asked

    def _multiply(self, item: int, seed: Example) -> TeacherRequest:
        return multiply_request(self._id(item), seed, self._people(item))

    def _people(self, item: int) -> tuple[Person, ...]:
        settings = self._manner.settings
        return people(settings.variants, settings.languages, random.Random(self._id(item)))

    def _id(self, item: int) -> str:
        return f"{self._manner.seed}-{self._seeds.number(item)}"
