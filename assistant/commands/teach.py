"""Teachers make examples: /teach."""

import asyncio

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import no_argument
from assistant.commands.jobs import newest_jobs
from assistant.commands.markdown import block

HOW = "apprentice teach generate --provider scripted --num-examples 1000 --output-dir DIR"


async def _teach(context: CommandContext, argument: str) -> None:
    no_argument("teach", argument)
    if await context.interface.open_panel("teach"):
        return
    from training.generation.job import KIND

    lines = await asyncio.to_thread(newest_jobs, KIND)
    context.interface.show(
        block("\n".join(lines)) if lines else f"No examples are being made. Begin with `{HOW}`."
    )


COMMANDS = (Command("teach", "teachers make examples: what it costs, how it goes, which are wanted", _teach),)
