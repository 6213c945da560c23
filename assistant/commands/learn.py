"""Learning what was corrected: /learn."""

import asyncio
from typing import TYPE_CHECKING

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.commands.markdown import block

if TYPE_CHECKING:
    from assistant.learning_job import LearnOrder
    from training.learning.plan import Plan

BEGIN = (("yes", "Begin: a job that uses all cores for some minutes"), ("no", "Not now"))
GOES_ON = (
    "It goes on by itself: `/jobs` shows how far it is, cancels and resumes it. How it ended is said here; "
    "what won serves when you say so: `apprentice models deploy ID`."
)


async def _learn(context: CommandContext, argument: str) -> None:
    from assistant.learning import plan_text
    from assistant.text_safety import clean

    no_argument("learn", argument)
    context.interface.working("reading your corrections")
    found, asked = await asyncio.to_thread(_planned, context)
    text = clean(found.missing or plan_text(found))
    context.interface.show(block(text))
    if found.missing:
        return
    context.interface.working("measuring how long it takes")
    context.interface.show(await asyncio.to_thread(_time, asked, found))
    if await context.interface.pick("Learn them?", BEGIN) != "yes":
        return
    job = await asyncio.to_thread(_begun, asked)
    context.interface.show(f"Job {job} has begun. {GOES_ON}")


def _planned(context: CommandContext) -> "tuple[Plan, LearnOrder]":
    """What would be learned. Raises CommandError."""
    from assistant.learning import planned
    from assistant.settings import SettingsError, load_settings
    from training.events.base import EventLogError
    from training.jobs.base import JobError
    from training.registry import RegistryError

    workspace = context.chat.workspace
    try:
        return planned(load_settings(workspace), workspace)
    except (EventLogError, JobError, RegistryError, SettingsError) as error:
        raise CommandError(str(error)) from error


def _time(asked: "LearnOrder", found: "Plan") -> str:
    """How long it takes. Raises CommandError."""
    from assistant import learning
    from training.jobs.base import JobError
    from training.models.base import ModelError
    from training.student.base import StudentError

    try:
        return learning.time_text(asked, found)
    except (JobError, ModelError, StudentError) as error:
        raise CommandError(str(error)) from error


def _begun(asked: "LearnOrder") -> str:
    """The id of the job. Raises CommandError."""
    from assistant.learning import begun
    from training.jobs.base import JobError

    try:
        return begun(asked).id
    except JobError as error:
        raise CommandError(str(error)) from error


COMMANDS = (Command("learn", "let the student learn what you corrected in this project", _learn),)
