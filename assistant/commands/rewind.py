"""Going back: /undo, /redo, /rewind, /diff.

Invariant: a file that somebody else changed after the student did is overwritten only when the person, shown
its name, chooses so; dismissing a question changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from assistant.agent.rewinding import Record, Rewinding, in_force, last_undo, since
from assistant.agent.session_records import REDO, UNDO
from assistant.agent.sessions import SessionError
from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.commands.markdown import block, code
from assistant.commands.session import sized
from assistant.text_safety import clean_line
from sandbox.snapshots.base import SnapshotError, shown
from sandbox.snapshots.restoring import Plan
from sandbox.threads import to_end
from tools.protocol.messages import Message
from training.events.base import EventLogError
from training.events.decisions import review, rows
from training.labels.reviews import REDONE, REWOUND, TAKEN_BACK, UNDONE

T = TypeVar("T")
NAMED = 12
SHOWN_DIFF = 60_000
NOTHING = "no turn of this session changed files that can be taken back"
EVERYTHING, OWN = "everything", "own"
BOTH, TALK, FILES = "both", "conversation", "files"


async def _undo(context: CommandContext, argument: str) -> None:
    no_argument("undo", argument)
    way = _way(context)
    turns = in_force(await _read(way.records))
    if not turns:
        raise CommandError(NOTHING)
    if await _take_back(context, way, UNDO, turns[-1:]):
        context.interface.notify("/redo brings the change back, /undo goes one turn further")


async def _redo(context: CommandContext, argument: str) -> None:
    no_argument("redo", argument)
    way = _way(context)
    undo = last_undo(await _read(way.records))
    if undo is None:
        raise CommandError("nothing was taken back in this session")
    await _take_back(context, way, REDO, [undo])


async def _diff(context: CommandContext, argument: str) -> None:
    if argument not in ("", "session"):
        raise CommandError("/diff shows the last turn, /diff session all that this session changed")
    way = _way(context)
    turns = in_force(await _read(way.records))
    if not turns:
        raise CommandError(NOTHING)
    first = turns[0] if argument else turns[-1]
    text = await _read(lambda: way.diff(first, turns[-1]))
    cut = len(text) > SHOWN_DIFF
    what = "this session" if argument else code(turns[-1].request, 80)
    context.interface.show(f"What {what} changed:\n\n{block(text[:SHOWN_DIFF] or 'nothing', 'diff')}")
    shown_turns = turns if argument else turns[-1:]
    if others := sorted(frozenset[bytes]().union(*(one.others for one in shown_turns))):
        context.interface.notify(f"changed meanwhile by others, as far as is known: {_names(others)}")
    if cut:
        context.interface.notify(
            f"the diff is longer and shown in part ({SHOWN_DIFF:,} characters)", "warning"
        )


async def _rewind(context: CommandContext, argument: str) -> None:
    no_argument("rewind", argument)
    chat = context.chat
    said = enumerate(chat.session.messages)
    asked = [(at, one) for at, one in said if one.role == "user" and one.tool not in (UNDO, REDO)]
    if not asked:
        raise CommandError("this session holds no turn to go back to")
    records = await _read(_way(context).records) if chat.rewinding else []
    rows = [(str(at), _row(one, since(records, at))) for at, one in reversed(asked)]
    chosen = await context.interface.pick("Go back to before", rows)
    if chosen is None:
        return
    turns = since(records, int(chosen))
    what = await _what(context, turns)
    if what in (BOTH, FILES) and not await _take_back(context, _way(context), UNDO, turns):
        return
    if what in (BOTH, TALK):
        try:
            chat.rewind_to(int(chosen))
        except SessionError as error:
            raise CommandError(str(error)) from error
        await sized(context)
        await _label_rewound(context, int(chosen))
        await context.interface.session_changed()
        context.interface.note("the conversation goes on from there; the session's file keeps the rest")


async def _what(context: CommandContext, turns: Sequence[Record]) -> str | None:
    """What to take back: only the conversation where no file was changed."""
    if not turns:
        return TALK
    number = f"{len(turns)} turn{'' if len(turns) == 1 else 's'} changed files"
    choices = [
        (BOTH, f"conversation and files ({number})"),
        (TALK, "the conversation; files stay as they are"),
        (FILES, "files; the conversation stays"),
    ]
    return await context.interface.pick("Take back", choices)


async def _take_back(context: CommandContext, way: Rewinding, kind: str, records: Sequence[Record]) -> bool:
    """Take ``records`` back after asking what has to be asked; False where nothing was done."""
    context.interface.working("comparing files")
    plan = await _read(lambda: way.plan(records))
    for line in plan.lost:
        context.interface.notify(f"cannot be brought back: {line}", "warning")
    foreign = await _overwrite(context, plan)
    if foreign is None:
        context.interface.notify("nothing was changed")
        return False
    done, failed = await _read(lambda: way.take_back(kind, records, plan, foreign=foreign))
    what = "brought back" if kind == REDO else "took back"
    said = f"{what} {_number(len(done))}{': ' if done else ''}{_names(done)}"
    context.interface.note(said)
    for line in failed[:NAMED]:
        context.interface.notify(f"left as it is: {line}", "error")
    try:
        if done:
            context.chat.session.append(Message("user", f"I {said}", tool=kind))
        if kind == UNDO:
            context.chat.keep_undone(records, [shown(path) for path in done])
            await _label(context, records, UNDONE)
        elif done:
            numbers = {number for record in records for number in record.takes_back}
            turns = [one for one in await _read(way.records) if one.number in numbers]
            await _read(lambda: context.chat.keep_redone(turns))
            await _label(context, turns, REDONE)
    except (SessionError, EventLogError) as error:
        context.interface.notify(str(error), "warning")
    return True


async def _overwrite(context: CommandContext, plan: Plan) -> bool | None:
    """Whether files that others changed since are overwritten too; None where the person dismissed it."""
    if not plan.foreign:
        return False
    own = len(plan.steps) - len(plan.foreign)
    names = "\n".join(shown(path) for path in sorted(plan.foreign))
    context.interface.show(
        f"Changed since, or meanwhile, by somebody else than the student:\n\n{block(names)}"
    )
    choices = [(OWN, f"only the other {_number(own)}")] if own else []
    choices.append((EVERYTHING, f"all {_number(len(plan.steps))}; those changes are overwritten"))
    chosen = await context.interface.pick(
        f"{_number(len(plan.foreign))} changed by others: take back", choices
    )
    return None if chosen is None else chosen == EVERYTHING


async def _label(context: CommandContext, records: Sequence[Record], verdict: str) -> None:
    """Tell the log that what these decisions did was taken back, or brought back. Raises EventLogError."""
    for event_id in (one for record in records for one in record.decisions):
        await to_end(review, context.chat.log, event_id, verdict=verdict)


async def _label_rewound(context: CommandContext, index: int) -> None:
    """Tell the log which calls the conversation was taken back before."""
    log, session = context.chat.log, context.chat.session
    try:
        found = await to_end(lambda: list(rows(log, session_id=session.id)))
        for row in found:
            at = row["context"].get("message_index") if isinstance(row["context"], Mapping) else None
            said = (row["review"] or {}).get("verdict")
            if isinstance(at, int) and at > index and said not in TAKEN_BACK:
                await to_end(review, log, row["event_id"], verdict=REWOUND)
    except EventLogError as error:
        context.interface.notify(str(error), "warning")


def _way(context: CommandContext) -> Rewinding:
    if context.chat.status().busy:
        raise CommandError("a turn is under way; interrupt it first")
    way = context.chat.rewinding
    if way is None:
        raise CommandError("no snapshots are taken here: snapshots.enabled is false")
    return way


async def _read(function: Callable[[], T]) -> T:
    """In a thread that is waited for."""
    try:
        return await to_end(function)
    except SnapshotError as error:
        raise CommandError(str(error)) from error


def _row(message: Message, turns: Sequence[Record]) -> str:
    changed = f"  ({len(turns)} with changes since)" if turns else ""
    return f"{clean_line(message.text, 60)}{changed}"


def _number(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _names(paths: Sequence[bytes]) -> str:
    more = f" and {len(paths) - NAMED:,} more" if len(paths) > NAMED else ""
    return ", ".join(shown(path) for path in paths[:NAMED]) + more


COMMANDS = (
    Command("undo", "take back what the last turn changed in files, shell commands included", _undo),
    Command("redo", "bring back what was taken back last", _redo),
    Command("rewind", "go back to before a turn: conversation, files or both", _rewind),
    Command(
        "diff",
        "what the last turn changed, or this session",
        _diff,
        usage="[session]",
        complete=lambda _, typed: [one for one in ("session",) if one.startswith(typed)],
    ),
)
