"""A better student from examples: /train."""

import asyncio

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import no_argument
from assistant.commands.jobs import newest_jobs
from assistant.commands.markdown import block

HOW = "apprentice train run --data DIR"


async def _train(context: CommandContext, argument: str) -> None:
    no_argument("train", argument)
    if await context.interface.open_panel("train"):
        return
    lines = await asyncio.to_thread(newest_jobs, "finetune")
    context.interface.show(block("\n".join(lines)) if lines else f"No run yet. Begin with `{HOW}`.")


COMMANDS = (Command("train", "tune a student, prove what came of it, let it serve", _train),)
