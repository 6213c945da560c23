"""The smallest set of decisions that teaches the most: /curate."""

import asyncio

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import no_argument
from assistant.commands.jobs import newest_jobs
from assistant.commands.markdown import block

HOW = "apprentice data curate"


async def _curate(context: CommandContext, argument: str) -> None:
    no_argument("curate", argument)
    if await context.interface.open_panel("curate"):
        return
    lines = await asyncio.to_thread(newest_jobs, "curate")
    context.interface.show(block("\n".join(lines)) if lines else f"No curation yet. Begin with `{HOW}`.")


COMMANDS = (Command("curate", "make a dataset of decisions: what is left out, and for what", _curate),)
