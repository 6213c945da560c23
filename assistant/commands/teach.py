"""Teachers make examples: /teach."""

import asyncio

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import no_argument
from assistant.commands.markdown import block

HOW = "apprentice teach generate --provider scripted --num-examples 1000 --output-dir DIR"


async def _teach(context: CommandContext, argument: str) -> None:
    no_argument("teach", argument)
    if await context.interface.open_panel("teach"):
        return
    lines = await asyncio.to_thread(_jobs)
    context.interface.show(
        block("\n".join(lines)) if lines else f"No examples are being made. Begin with `{HOW}`."
    )


def _jobs() -> list[str]:
    """The newest generations, a line each."""
    from assistant import paths
    from assistant.job_text import line
    from assistant.text_safety import clean_line
    from training.generation.job import KIND
    from training.jobs.store import Jobs

    found = [job for job in Jobs(paths.jobs_dir()).all() if job.spec.kind == KIND]
    return [clean_line(line(job), 200) for job in found[:10]]


COMMANDS = (Command("teach", "teachers make examples: what it costs, how it goes, which are wanted", _teach),)
