"""Modes and rules: /permissions, /plan, /mode.

Invariant: only the person gets here; neither the student nor a file of the workspace can run a command.
"""

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.modes import MODES

ACTIONS = ("list", "add", "remove", "test")


async def _plan(context: CommandContext, argument: str) -> None:
    no_argument("plan", argument)
    _set_mode(context, "ask" if context.chat.status().mode == "plan" else "plan")


async def _mode(context: CommandContext, argument: str) -> None:
    if argument and argument not in MODES:
        raise CommandError(f"no mode {argument}: it is one of {', '.join(MODES)}")
    _set_mode(context, argument or context.chat.status().mode)


def _set_mode(context: CommandContext, mode: str) -> None:
    context.chat.set_mode(mode)
    context.interface.notify(f"mode {mode}: {MODES[mode]}")

def _complete_mode(context: CommandContext, typed: str) -> list[str]:
    return [mode for mode in MODES if mode.startswith(typed)]


COMMANDS = (
    Command("plan", "read only until you say /plan again", _plan),
    Command("mode", "show or change the permission mode", _mode, usage="[MODE]", complete=_complete_mode),
)
