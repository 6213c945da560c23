"""``apprentice --plain``: the chat as a prompt_toolkit REPL, or line by line where there is no terminal.

Invariant: the terminal is left as it was found, however the program ends.
"""

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.paths import PathsError, history_file
from assistant.plain.ink import Ink, colour_wanted
from assistant.plain.reader import LineReader, Reader
from assistant.plain.repl import Repl

if TYPE_CHECKING:
    from assistant.agent.chat import Chat
    from assistant.agent.sessions import Session
    from assistant.commands.base import CommandContext
    from assistant.settings import Settings


def run(
    settings: "Settings", workspace: Path, session: "Session | str | None" = None, *, first: str = ""
) -> int:
    """Open the REPL in ``workspace``, on ``session`` where one is continued; ``first`` is sent at once.

    Returns the exit code.
    """
    from assistant.wiring import build_chat

    try:
        return asyncio.run(run_chat(build_chat(settings, workspace, session), first))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


async def run_chat(chat: "Chat", first: str = "") -> int:
    """Drive ``chat`` from this process's terminal until the person leaves, or SIGTERM or SIGHUP comes."""
    ended: list[int] = []
    loop = asyncio.get_running_loop()
    repl = asyncio.create_task(Repl(chat, _reader, sys.stdout, Ink(colour_wanted(sys.stdout))).run(first))

    def end(number: int) -> None:
        ended.append(number)
        repl.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        return await repl
    except asyncio.CancelledError:
        if not ended:
            raise
        return 128 + ended[0]
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)


def _reader(context: "CommandContext") -> Reader:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return LineReader(sys.stdin, sys.stdout)
    from prompt_toolkit.input import create_input
    from prompt_toolkit.output import create_output
    from prompt_toolkit.utils import is_dumb_terminal

    from assistant.commands import registry
    from assistant.completion import FileIndex
    from assistant.plain.completer import PromptCompleter
    from assistant.plain.history import SharedHistory
    from assistant.plain.prompt_reader import PromptReader
    from assistant.tui.history import PromptHistory

    try:
        history = PromptHistory(history_file())
    except PathsError:
        history = PromptHistory()
    chat = context.chat
    return PromptReader(
        chat,
        history=SharedHistory(history),
        completer=PromptCompleter(lambda line: registry.complete(context, line), FileIndex(chat.workspace)),
        keyboard=create_input(sys.stdin),
        screen=None if is_dumb_terminal() else create_output(sys.stdout),
    )
