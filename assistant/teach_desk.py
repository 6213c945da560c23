"""A generation as a person steers it: what is wanted, what it will cost, how it goes, what is not wanted.

Invariant: the work is a job, so that it goes on when nobody looks, and is found again. What is shown is read
from the disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.paths import examples_dir
from assistant.teaching import PROVIDERS, Wanted, estimated, left_of, needs_word, plan_of, read_models
from training.datasets.example import Example, ExampleError, from_line
from training.generation.base import GenerationError
from training.generation.job import KIND, spec
from training.generation.mixing import read_mix
from training.generation.plan import Plan, plan_from_dict
from training.generation.work import EXAMPLES, FOLDER, begun, read_state, reject, rejected
from training.jobs.base import ACTIVE, Job
from training.jobs.store import Jobs

if TYPE_CHECKING:
    from assistant.settings import Settings

MOST_READ = 1 << 20
"""Bytes of new examples that are read at a time."""
MOST_SHOWN = 2_000


@dataclass(frozen=True)
class Form:
    """What a person writes, as it is written."""

    providers: str = "scripted"
    mix: str = ""
    models: str = ""
    examples: str = "1000"
    folder: str = ""
    budget: str = ""


@dataclass(frozen=True)
class Seen:
    """How it stands. ``fresh`` are examples that were not seen before; ``job`` is None before the first."""

    job: Job | None
    fresh: tuple[Example, ...] = ()
    unwanted: frozenset[str] = frozenset()


@dataclass
class TeachDesk:
    """For one person. ``workspace`` is what a relative folder is below."""

    settings: "Settings"
    jobs: Jobs
    workspace: Path
    _output: Path | None = None
    _read: int = 0
    _agreed: float | None = field(default=None)

    def newest(self) -> Form:
        """The form of the newest generation, which is shown from now on; an empty one where there is none.

        Raises PathsError.
        """
        job = next((job for job in self.jobs.all() if job.spec.kind == KIND), None)
        if job is None:
            return Form(folder=str(examples_dir(self.workspace)))
        plan = plan_from_dict(job.spec.arguments)
        self._show(plan.output)
        models = ", ".join(f"{one.provider}={one.model}" for one in plan.teachers)
        budget = "" if plan.max_cost_usd is None else f"{plan.max_cost_usd:g}"
        mix = ",".join(map(str, plan.mix.values())) if len(plan.mix) > 1 else ""
        return Form(",".join(plan.mix), mix, models, str(plan.examples), plan.folder, budget)

    def plan(self, form: Form) -> Plan:
        """Raises GenerationError, one line on the first field that is wrong."""
        mix = read_mix(form.providers, form.mix.strip())
        if unknown := [name for name in mix if name not in PROVIDERS]:
            raise GenerationError(f"{unknown[0]} is no provider: {', '.join(PROVIDERS)}")
        count, budget = _number(form.examples, "examples"), form.budget.strip().removeprefix("$")
        if count < 1 or count != int(count):
            raise GenerationError("examples: write a whole number from 1 on")
        models = tuple(name.strip() for name in form.models.split(",") if name.strip())
        wanted = Wanted(
            int(count),
            self.workspace / Path(form.folder.strip() or examples_dir(self.workspace)).expanduser(),
            mix,
            read_models(models, mix),
            max_cost=_number(budget, "budget") if budget else None,
        )
        return plan_of(wanted, self.settings)

    async def estimate(self, plan: Plan, *, begins: bool = False) -> dict[str, Any]:
        """Of what is still to be made, as ``costs.sums`` has it. Raises GenerationError, TeacherError.

        Keys may be missing, unless it ``begins`` next.
        """
        from training.generation.costs import sums

        return sums(await estimated(left_of(plan), begins=begins), batch=plan.batch)

    def question(self, facts: Mapping[str, Any]) -> str:
        """Why the person has to say yes first; empty where there is no reason, or they did for this sum."""
        cost = facts["cost_usd"]
        if self._agreed is not None and cost == self._agreed:
            return ""
        self._agreed = cost
        return needs_word(cost, self.settings)

    def start(self, plan: Plan) -> Job:
        """Begin, or go on with what is in the folder. Raises GenerationError, JobError."""
        begun(plan.output, plan.identity(), resume=True)
        if (job := self._job(plan.output)) and job.state in ACTIVE:
            raise GenerationError(f"job {job.id} is at it already")
        self._show(plan.output)
        self._read = 0
        return self.jobs.submit(spec(plan))

    def stop(self) -> Job | None:
        """Ask the job that is shown to stop; None where none runs. What is made and paid for is kept."""
        job = self._job(self._output)
        return self.jobs.cancel(job.id) if job is not None and job.state in ACTIVE else None

    def look(self) -> Seen:
        """Raises GenerationError, OSError."""
        if self._output is None:
            return Seen(None)
        return Seen(self._job(self._output), self._fresh(), frozenset(rejected(self._output)))

    def judge(self, example_id: str, *, wanted: bool) -> None:
        """Keep an example, or leave it out: then another takes its place. Raises OSError."""
        if self._output is None:
            return
        ids = rejected(self._output)
        reject(self._output, ids - {example_id} if wanted else ids | {example_id})

    def lacks(self) -> int:
        """How many of what is unwanted nothing has taken the place of yet, so that the run should go on."""
        if self._output is None:
            return 0
        job, state = self._job(self._output), read_state(self._output)
        if job is None or job.state in ACTIVE or state is None:
            return 0
        wanted = plan_from_dict(job.spec.arguments).examples + len(rejected(self._output))
        return max(wanted - int(state["examples"]), 0)

    def _show(self, output: Path) -> None:
        if output != self._output:
            self._output, self._read = output, 0

    def _job(self, output: Path | None) -> Job | None:
        """The newest one for this folder."""
        for job in self.jobs.all() if output is not None else ():
            if job.spec.kind == KIND and job.spec.arguments.get("folder") == str(output):
                return job
        return None

    def _fresh(self) -> tuple[Example, ...]:
        """Whole lines behind what was read; a run that went back to a checkpoint is read from its start."""
        assert self._output is not None, "a folder is shown"
        path = self._output / FOLDER / EXAMPLES
        try:
            size = path.stat().st_size
            if size < self._read:
                self._read = 0
            with path.open("rb") as file:
                file.seek(self._read)
                content = file.read(MOST_READ)
        except FileNotFoundError:
            return ()
        whole = content[: content.rfind(b"\n") + 1]
        self._read += len(whole)
        return tuple(one for line in whole.splitlines() if (one := _example(line)) is not None)


def _example(line: bytes) -> Example | None:
    """None where a line is being written over."""
    try:
        return from_line(line)
    except ExampleError:
        return None


def _number(text: str, name: str) -> float:
    try:
        number = float(text.strip().replace(",", "").replace("_", ""))
    except ValueError:
        raise GenerationError(f"{name}: {text.strip()[:40] or 'nothing'} is no number") from None
    if not 0 <= number <= 1e9:
        raise GenerationError(f"{name}: write a number from 0 to a billion")
    return number
