"""A generation as a job: ``JobSpec.work`` is ``training.generation.job:work``."""

import asyncio
from collections.abc import Mapping
from typing import Any

from training.generation.base import GenerationError
from training.generation.plan import Plan, plan_from_dict, plan_to_dict
from training.generation.run import Step
from training.generation.running import generate
from training.jobs.base import JobError, JobSpec, Reporter
from training.teachers.base import TeacherError

KIND = "generate"
METRIC_EVERY = 10
"""Examples between two notes of what they cost."""


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

    def told(step: Step) -> None:
        if step.examples % METRIC_EVERY == 0 or step.examples == step.wanted:
            reporter.metric(cost_usd=round(step.cost_usd, 6))
        reporter.progress(step.examples, step.wanted, "examples")

    try:
        metadata = asyncio.run(generate(plan, resume=True, told=told, said=reporter.note))
    except (GenerationError, TeacherError) as error:
        raise JobError(str(error)) from error
    return {
        "folder": plan.folder,
        "examples": metadata["examples"],
        "cost_usd": metadata["costs"]["cost_usd"],
    }
