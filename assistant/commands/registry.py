"""All slash commands in one place, for every interface.

Invariant: every name and alias is here once; a line that begins with a slash and a word runs a command or
says which one may be meant, and never reaches the student.
"""

import difflib
from collections.abc import Sequence

from assistant.commands import (
    about,
    arena,
    curate,
    decisions,
    jobs,
    learn,
    permissions,
    rewind,
    session,
    student,
    teach,
    train,
    window,
)
from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError
from assistant.text_safety import clean_line

NEAR = 0.65
"""The likeness from which on a command is suggested."""

GROUPS: dict[str, tuple[Command, ...]] = {
    "Session": session.COMMANDS,
    "Undo": rewind.COMMANDS,
    "Student": (*student.COMMANDS, *window.COMMANDS),
    "Permissions": permissions.COMMANDS,
    "Decisions": decisions.COMMANDS,
    "Learning": (
        *learn.COMMANDS,
        *curate.COMMANDS,
        *teach.COMMANDS,
        *train.COMMANDS,
        *arena.COMMANDS,
        *jobs.COMMANDS,
    ),
    "About": (about.help_command(lambda: GROUPS), *about.COMMANDS),
}
COMMANDS: tuple[Command, ...] = tuple(command for group in GROUPS.values() for command in group)


def find(name: str) -> Command | None:
    """The command with this name or alias, with or without the slash, in any case."""
    wanted = name.removeprefix("/").lower()
    return next((c for c in COMMANDS if wanted == c.name or wanted in c.aliases), None)


def nearest(name: str) -> str | None:
    """The name or alias that ``name`` is likely to mean, without the slash; None where none is near."""
    wanted = name.removeprefix("/").lower()
    if not wanted:
        return "help"
    begins = [known for known in _names() if known.startswith(wanted)]
    if begins:
        return min(begins, key=len)
    near = difflib.get_close_matches(wanted, _names(), n=1, cutoff=NEAR)
    return near[0] if near else None


def complete(context: CommandContext, text: str) -> list[tuple[str, str]]:
    """``(line, description)`` for the line typed so far: each line is what would stand there instead."""
    if not text.startswith("/"):
        return []
    word, space, argument = text.partition(" ")
    if not space:
        typed = word[1:].lower()
        found = [(name, c) for c in COMMANDS for name in (c.name, *c.aliases) if name.startswith(typed)]
        return [(f"/{name}", c.summary) for name, c in found]
    command = find(word)
    if command is None or command.complete is None:
        return []
    return [(f"{word} {value}", command.usage) for value in command.complete(context, argument)]


async def dispatch(context: CommandContext, line: str) -> bool:
    """Run the command that ``line`` holds. False where the line is none and belongs to the student.

    What is wrong with a command is said in one line, by ``notify``.
    """
    word, _, argument = line.strip().partition(" ")
    if not word.startswith("/") or "/" in word[1:]:
        return False
    command = find(word)
    if command is None:
        near = nearest(word)
        mend = f"did you mean /{near}?" if near else "/help lists them"
        context.interface.notify(f"no command {clean_line(word, 40)}; {mend}", "error")
        return True
    try:
        await command.run(context, argument.strip())
    except CommandError as error:
        context.interface.notify(str(error), "error")
    return True


def _names() -> Sequence[str]:
    return [name for command in COMMANDS for name in (command.name, *command.aliases)]
