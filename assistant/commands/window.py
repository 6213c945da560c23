"""The student's window: /context, /compact."""

import asyncio

from assistant.agent.sessions import SessionError
from assistant.agent.window import Use
from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.commands.markdown import block, table
from assistant.window_bar import KEYS, MEANINGS, headline, slices
from training.student.base import StudentError

BAR_CELLS = 64
NOTHING = "nothing to compact: the conversation holds nothing that could be shorter"
CANCELLED = "the compaction was interrupted; nothing has changed"


async def _context(context: CommandContext, argument: str) -> None:
    no_argument("context", argument)
    if await context.interface.open_panel("context"):
        return
    try:
        use = await context.chat.context_use()
    except StudentError as error:
        raise CommandError(str(error)) from error
    context.interface.show(context_text(use))


def context_text(use: Use) -> str:
    """The window as Markdown: how full it is, a bar with a letter for each part, and their sizes."""
    if not use.window:
        return headline(use)
    found = slices(use, BAR_CELLS)
    bar = "".join(KEYS[one.name] * one.cells for one in found)
    rows = [
        (
            KEYS[one.name],
            one.name,
            f"{one.tokens:,}",
            f"{one.share:.1%}",
            f"{one.budget:,}" if one.budget else "",
            MEANINGS[one.name],
        )
        for one in found
    ]
    return "\n\n".join(
        [headline(use), block(bar), table(("", "part", "tokens", "share", "at most", ""), rows)]
    )


async def _compact(context: CommandContext, argument: str) -> None:
    context.interface.working("compacting")
    try:
        done = await context.chat.compact(argument)
    except (StudentError, SessionError) as error:
        raise CommandError(str(error)) from error
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task and task.cancelling():
            raise
        context.interface.notify(CANCELLED, "warning")
        return
    for line in done:
        context.interface.show(line)
    if not done:
        context.interface.notify(NOTHING)


COMMANDS = (
    Command("context", "what fills the student's window", _context),
    Command(
        "compact",
        "shorten the conversation for the student; what WORDS name is kept first",
        _compact,
        usage="[WORDS]",
    ),
)
