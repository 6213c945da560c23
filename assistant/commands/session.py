"""Sessions: /clear, /sessions, /save, /load, /export.

Invariant: nothing here deletes or overwrites; a cleared session stays in the store, and an export refuses a
file that exists.
"""

from contextlib import suppress
from pathlib import Path

from assistant.agent.sessions import SessionError, SessionSummary, export_json, export_markdown
from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.paths import PathsError, exports_dir
from training.student.base import StudentError

COMPLETED = 50
RAW = "--raw"


async def _clear(context: CommandContext, argument: str) -> None:
    no_argument("clear", argument)
    left = context.chat.session.id
    try:
        context.chat.new_session()
    except SessionError as error:
        raise CommandError(str(error)) from error
    await sized(context)
    await context.interface.session_changed()
    context.interface.notify(f"a new session; the one before is kept: /load {left}")


async def _sessions(context: CommandContext, argument: str) -> None:
    no_argument("sessions", argument)
    if await context.interface.open_panel("sessions"):
        return
    found = _stored(context)
    if not found:
        context.interface.show("No sessions in this folder yet. They are kept as you go.")
        return
    chosen = await context.interface.pick("Sessions, newest first", [(s.id, label(s)) for s in found])
    if chosen is not None:
        await _open(context, chosen)


async def _load(context: CommandContext, argument: str) -> None:
    if not argument:
        raise CommandError("/load takes a session's id, the start of one, or its title; /sessions lists them")
    await _open(context, argument)


async def _open(context: CommandContext, key: str) -> None:
    if key == context.chat.session.id:
        raise CommandError(f"session {key} is the one that is open")
    try:
        context.chat.load_session(key)
    except SessionError as error:
        raise CommandError(str(error)) from error
    await sized(context)
    await context.interface.session_changed()


async def _save(context: CommandContext, argument: str) -> None:
    session = context.chat.session
    if argument:
        try:
            session.rename(argument)
        except SessionError as error:
            raise CommandError(str(error)) from error
    context.interface.notify(f"{session.title or 'untitled'}: kept as you go, /load {session.id} opens it")


async def _export(context: CommandContext, argument: str) -> None:
    chat = context.chat
    raw = argument == RAW or argument.startswith(f"{RAW} ")
    argument = argument.removeprefix(RAW).strip() if raw else argument
    try:
        if argument:
            file = chat.workspace / Path(argument).expanduser()
        else:
            file = exports_dir(chat.workspace) / f"session-{chat.session.id}.md"
        export = export_json if file.suffix == ".json" else export_markdown
        text = export(chat.session, raw=raw)
        with file.open("x", encoding="utf-8", errors="replace") as target:
            target.write(text)
    except FileExistsError as error:
        raise CommandError(f"{file} exists and is not overwritten; give another name") from error
    except PathsError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}") from error
    except (ValueError, RuntimeError) as error:
        raise CommandError(f"cannot write {argument!r}: {error}") from error
    context.interface.notify(f"exported to {file}")


async def sized(context: CommandContext) -> None:
    """Let the chat size what is open now, so that the status says how full the window is."""
    if context.chat.status().student_state == "ready":
        with suppress(StudentError):
            await context.chat.context_use()


def label(summary: SessionSummary) -> str:
    """How a list shows a session: when, how long, what about."""
    turns = f"{summary.turns} turn{'' if summary.turns == 1 else 's'}"
    return f"{summary.updated[:16].replace('T', ' ')}  {turns:>9}  {summary.title or 'untitled'}"


def _stored(context: CommandContext) -> list[SessionSummary]:
    return list(context.chat.store.list(context.chat.workspace))


def _complete_id(context: CommandContext, typed: str) -> list[str]:
    return [s.id for s in _stored(context)[:COMPLETED] if s.id.startswith(typed)]


COMMANDS = (
    Command("clear", "begin a new session; this one is kept", _clear, aliases=("new", "reset")),
    Command("sessions", "choose an earlier session and go on with it", _sessions, aliases=("resume",)),
    Command("save", "give this session a title", _save, usage="[TITLE]"),
    Command("load", "go on with a session by its id", _load, usage="ID", complete=_complete_id),
    Command(
        "export",
        "write this session to a .md or .json file, by default outside the workspace",
        _export,
        usage="[--raw] [FILE]",
    ),
)
