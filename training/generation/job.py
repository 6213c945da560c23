"""A generation as a job: ``JobSpec.work`` is ``training.generation.job:work``."""

import asyncio
from collections.abc import Mapping
from typing import Any

from training.generation.base import GenerationError
from training.generation.plan import Plan, plan_from_dict, plan_to_dict
from training.generation.run import Step, Told
from training.generation.running import generate
from training.jobs.base import Cancelled, JobError, JobSpec, Reporter
from training.teachers.base import TeacherError

KIND = "generate"
METRIC_EVERY = 10
"""Examples between two notes of what they cost."""
LOOK_S = 0.3


def spec(plan: Plan) -> JobSpec:
    """The job that makes what ``plan`` says, or goes on with it."""
    names = ", ".join(plan.mix)
    return JobSpec(
        KIND,
        f"{plan.examples} examples by {names}",
        "training.generation.job:work",
        plan_to_dict(plan),
    )


def work(reporter: Reporter) -> Mapping[str, Any]:
    """Raises JobError with the one line of what went wrong, and Cancelled."""
    plan = plan_from_dict(reporter.arguments)
    noted = (-1.0, 0)

    def told(step: Step) -> None:
        nonlocal noted
        cost = (step.cost_usd, step.without_price)
        if cost != noted and (step.examples % METRIC_EVERY == 0 or step.examples == step.wanted):
            noted = cost
            reporter.metric(cost_usd=round(step.cost_usd, 6), without_price=step.without_price)
        reporter.progress(step.examples, step.wanted, "examples")

    try:
        metadata = asyncio.run(_cancellable(plan, reporter, told))
    except (GenerationError, TeacherError) as error:
        raise JobError(str(error)) from error
    return {
        "folder": plan.folder,
        "examples": metadata["examples"],
        "cost_usd": metadata["costs"]["cost_usd"],
        "without_price": metadata["costs"]["without_price"],
    }


async def _cancellable(plan: Plan, reporter: Reporter, told: Told) -> Mapping[str, Any]:
    """The generation. It ends in good order when the job is cancelled, also while it waits for a reply."""
    running = asyncio.create_task(generate(plan, resume=True, told=told, said=reporter.note))
    while not running.done():
        try:
            reporter.check()
        except Cancelled:
            running.cancel()
            await asyncio.wait({running})
            raise
        await asyncio.wait({running}, timeout=LOOK_S)
    return running.result()
