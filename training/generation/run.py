"""A generation: N examples, from whatever provider, filtered, in a file.

Invariant: what is made does not depend on how often the run was killed and resumed, nor on which reply came
first: candidates are taken in the order of their numbers. What was paid for is never paid for again.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.datasets.example import Example
from training.generation.base import GenerationError, Source
from training.generation.contamination import ContaminationFilter
from training.generation.duplicates import NEVER, DuplicateFilter
from training.generation.figures import Figures
from training.generation.makers import Maker, Manner, Numbering, ScriptedMaker, TeacherMaker
from training.generation.meaning import embedder
from training.generation.metadata import metadata
from training.generation.mixing import counts, next_of
from training.generation.plan import Plan
from training.generation.quality import QualityFilter
from training.generation.seeds import Seeds
from training.generation.stream import Place, Stream
from training.generation.work import Work
from training.teachers.base import TeacherProvider
from training.teachers.run import TeacherRun

CHECKPOINT = 100
"""Examples between two checkpoints: at most these are made again after a kill, of paid replies."""
CHECKPOINT_S = 1.0
"""Seconds between two checkpoints, so that a kill leaves nearly all that was told as done."""


@dataclass(frozen=True)
class Step:
    """How far a run is, after ``example`` was kept. ``wanted`` counts those that are replaced too."""

    examples: int
    wanted: int
    cost_usd: float
    example: Example | None = None
    without_price: int = 0
    """Replies of which nobody knows the price; they are not in ``cost_usd``."""


Told = Callable[[Step], None]


@dataclass(frozen=True)
class Parts:
    """What a run works with. ``providers`` are the teachers by name; ``first`` are seeds of the log."""

    source: Source
    teacher_run: TeacherRun
    providers: Mapping[str, TeacherProvider] = field(default_factory=dict)
    first: Sequence[Example] = ()


def makers(plan: Plan, parts: Parts) -> dict[str, Maker]:
    """One for each provider of the mix."""
    made: dict[str, Maker] = {}
    for place, name in enumerate(plan.mix):
        if name == "scripted":
            made[name] = ScriptedMaker(Numbering(parts.source, place, len(plan.mix)))
        else:
            numbering = Numbering(Seeds(parts.first, parts.source), place, len(plan.mix))
            manner = Manner(plan.seed, plan.way(name), plan.soft, plan.settings)
            made[name] = TeacherMaker(numbering, parts.teacher_run, parts.providers[name], manner)
    return made


class Generation:
    """One process's part of a run. ``work`` stays open until ``close``."""

    def __init__(self, plan: Plan, parts: Parts, work: Work, told: Told = lambda step: None) -> None:
        self._plan = plan
        self._work = work
        self._told = told
        self._teacher_run = parts.teacher_run
        self._started = time.monotonic() - float(work.state.get("seconds", 0.0))
        self._kept_at = time.monotonic()
        self.figures = Figures()
        self._wanted = plan.examples
        tallies, settings = work.state.get("tallies", {}), plan.settings
        self._quality = QualityFilter(tallies.get("quality"))
        self._contamination = ContaminationFilter(
            [Path(one).expanduser() for one in settings.evaluation_sets], facts=tallies.get("contamination")
        )
        embed = embedder(settings.embedder) if settings.same_meaning < NEVER else None
        self._duplicates = DuplicateFilter(
            settings.near, embed=embed, same_meaning=settings.same_meaning, facts=tallies.get("duplicates")
        )
        places = work.state.get("places", {})
        self._streams = {
            name: Stream(maker, Place(**places.get(name, {})), tallies.get(name))
            for name, maker in makers(plan, parts).items()
        }

    async def run(self) -> dict[str, Any]:
        """Until all examples are there; the metadata. Raises GenerationError, TeacherError; what is made is
        kept."""
        try:
            self._work.state["runs"] += 1
            self._take_up()
            self._checkpoint()
            while self.figures.examples < self._aim():
                await self._fill(self._wanted)
        finally:
            await self._stop()
        found = self._metadata()
        self._work.finish(found)
        return found

    def _aim(self) -> int:
        """How many there have to be, with those that a person does not want."""
        self._wanted = self._plan.examples + self._work.unwanted()
        return self._wanted

    def _take_up(self) -> None:
        for example in self._work.examples():
            self.figures.add(example)
            self._duplicates.keep(example)
        if self.figures.examples > self._aim():
            raise GenerationError(
                f"{self._work.output} has {self.figures.examples} examples already; ask for more than that"
            )

    async def _fill(self, wanted: int) -> None:
        shares = counts(wanted, self._plan.mix)
        while self.figures.examples < wanted:
            made = {name: self.figures.made_by(name) for name in shares}
            name = next_of(shares, made, [name for name in shares if made[name] < shares[name]])
            stream = self._streams[name]
            example = await stream.next(shares[name] - made[name])
            if self._is_good(example):
                stream.kept()
                self._keep(example)

    def _is_good(self, example: Example) -> bool:
        filters = (self._quality, self._contamination, self._duplicates)
        return all(one.check(example) is None for one in filters)

    def _keep(self, example: Example) -> None:
        self._work.append(example)
        self._duplicates.keep(example)
        self.figures.add(example)
        if self.figures.examples % CHECKPOINT == 0 or time.monotonic() - self._kept_at >= CHECKPOINT_S:
            self._checkpoint()
        self._tell(example)

    def _tell(self, example: Example) -> None:
        total = self._teacher_run.ledger.total
        step = Step(self.figures.examples, self._wanted, total.cost_usd, example, total.unpriced)
        self._told(step)

    def _checkpoint(self) -> None:
        self._kept_at = time.monotonic()
        self._work.checkpoint(
            seconds=round(time.monotonic() - self._started, 3),
            places={name: vars(stream.place) for name, stream in self._streams.items()},
            tallies=self._filters(),
        )

    async def _stop(self) -> None:
        await asyncio.gather(*(stream.close() for stream in self._streams.values()))
        self._duplicates.close()
        self._contamination.close()
        self._checkpoint()

    def _filters(self) -> dict[str, Any]:
        return {
            "quality": self._quality.tally.facts(),
            "contamination": self._contamination.tally.facts(),
            "duplicates": self._duplicates.tally.facts(),
            **{name: stream.tally.facts() for name, stream in self._streams.items()},
        }

    def _metadata(self) -> dict[str, Any]:
        filters = {**self._filters(), "evaluation_sets": self._contamination.sets}
        return metadata(self._plan, self._work.state, self.figures, filters, self._teacher_run.ledger)
