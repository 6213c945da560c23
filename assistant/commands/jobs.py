"""Long work in processes of its own: /jobs."""

import asyncio

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import no_argument
from assistant.commands.markdown import block

MOST = 10
NONE = "No jobs yet. `/teach` makes examples, `/train` tunes a student on them."


async def _jobs(context: CommandContext, argument: str) -> None:
    no_argument("jobs", argument)
    if await context.interface.open_panel("jobs"):
        return
    lines = await asyncio.to_thread(newest_jobs)
    context.interface.show(block("\n".join(lines)) if lines else NONE)


def newest_jobs(kind: str = "") -> list[str]:
    """The newest jobs, or those of a kind, a line each."""
    from assistant import paths
    from assistant.job_text import line
    from assistant.text_safety import clean_line
    from training.jobs.store import Jobs

    found = [job for job in Jobs(paths.jobs_dir()).all() if kind in ("", job.spec.kind)]
    return [clean_line(line(job), 200) for job in found[:MOST]]


COMMANDS = (Command("jobs", "long work: how it stands, its log, cancel and resume", _jobs),)
