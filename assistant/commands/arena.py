"""Two students on the person's own requests, by blind vote: /arena."""

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument


async def _arena(context: CommandContext, argument: str) -> None:
    no_argument("arena", argument)
    if not await context.interface.open_panel("arena"):
        raise CommandError(
            "the arena needs the full-screen chat: apprentice; `apprentice models compare` compares by cases"
        )


COMMANDS = (Command("arena", "two students on your own requests, by blind vote", _arena),)
