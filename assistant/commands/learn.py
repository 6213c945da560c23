"""Learning what was corrected: /learn."""

import asyncio
from typing import TYPE_CHECKING

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.commands.markdown import block

if TYPE_CHECKING:
    from assistant.learning_job import LearnOrder

BEGIN = (("yes", "Begin: a job that uses all cores for some minutes"), ("no", "Not now"))
GOES_ON = (
    "It goes on by itself: `/jobs` shows how far it is, cancels and resumes it. How it ended is said here; "
    "what won serves when you say so: `apprentice models deploy ID`."
)


async def _learn(context: CommandContext, argument: str) -> None:
    no_argument("learn", argument)
    context.interface.working("reading your corrections")
    text, asked = await asyncio.to_thread(_planned, context)
    context.interface.show(block(text))
    if asked is None or await context.interface.pick("Learn them?", BEGIN) != "yes":
        return
    job = await asyncio.to_thread(_begun, asked)
    context.interface.show(f"Job {job} has begun. {GOES_ON}")


def _planned(context: CommandContext) -> "tuple[str, LearnOrder | None]":
    """What would be learned; without an order, what is missing. Raises CommandError."""
    from assistant.learning import plan_text, planned
    from assistant.settings import SettingsError, load_settings
    from assistant.text_safety import clean
    from training.events.base import EventLogError
    from training.jobs.base import JobError
    from training.registry import RegistryError

    workspace = context.chat.workspace
    try:
        found, asked = planned(load_settings(workspace), workspace)
    except (EventLogError, JobError, RegistryError, SettingsError) as error:
        raise CommandError(str(error)) from error
    return (clean(found.missing), None) if found.missing else (clean(plan_text(found)), asked)


def _begun(asked: "LearnOrder") -> str:
    """The id of the job. Raises CommandError."""
    from assistant import paths
    from assistant.learning_job import learning_job
    from training.jobs.base import JobError
    from training.jobs.store import Jobs

    try:
        return Jobs(paths.jobs_dir()).submit(learning_job(asked)).id
    except JobError as error:
        raise CommandError(str(error)) from error


COMMANDS = (Command("learn", "let the student learn what you corrected in this project", _learn),)
