"""What stands for older turns: the person's words as they said them, and one text of what was done.

Invariant: an extract, nothing is invented. A request is verbatim or says that it was cut; a call is one line
with its outcome; what does not fit is counted. Of what a tool read nothing is quoted, because the text
stands in the student's own voice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.agent.observations import FIRST_LINE, READ_HEAD, is_result
from assistant.agent.sizes import Sizes
from assistant.agent.turns import Turn
from tools.calls import ToolCall
from tools.protocol.messages import Message

CHANGING = ("write_file", "edit_file")
SPEAKING = (*CHANGING, "run_shell", "run_python", "run_tests")
"""Tools whose first line is their own, so that it may be quoted."""
RECENT_TURNS = 200
SHORTEST_REQUEST = 60
SUMMARY_SHARE, ANSWER_SHARE, FILES_SHARE = 0.6, 0.3, 0.2
REASON_CHARACTERS = 300


@dataclass(frozen=True)
class Recap:
    """``requests`` are the person's words, ``done`` what the student did for them.

    ``shortened`` and ``left_out`` count the requests that are not there verbatim.
    """

    requests: str
    done: str
    shortened: int = 0
    left_out: int = 0

    @property
    def messages(self) -> tuple[Message, ...]:
        """The recap as one turn."""
        spoken = (Message("user", self.requests),) if self.requests else ()
        return (*spoken, Message("assistant", self.done)) if self.done else spoken


async def recap_of(
    turns: Sequence[Turn], sizes: Sizes, *, requests: int, done: int, focus: str = "", summary: str = ""
) -> Recap:
    """The recap of ``turns`` in at most about ``requests`` and ``done`` tokens.

    ``summary`` is the student's own, where it wrote one; the lines then fill what it leaves. What holds a
    word of ``focus`` comes first where not all fits. Raises StudentError.
    """
    words, shortened, left_out = await _requests(turns, sizes, requests)
    text = await _done(turns, sizes, done, focus.casefold().split(), summary)
    return Recap(words, text, shortened, left_out)


async def _requests(turns: Sequence[Turn], sizes: Sizes, budget: int) -> tuple[str, int, int]:
    """The first request and the newest ones, whole while they fit; how many were cut and left out.

    The first one takes at most half, because what is newer matters too; the last that is kept may be cut.
    """
    texts = [text for turn in turns for text in turn.requests]
    kept: dict[int, str] = {}
    shortened = 0
    for index in [*range(min(1, len(texts))), *reversed(range(1, len(texts)))]:
        await sizes.learn([texts[index]])
        room = budget if index or len(texts) == 1 else budget // 2
        size = sizes.text(texts[index])
        if size > room:
            if room < SHORTEST_REQUEST:
                if index:
                    break
                continue
            kept[index] = _middle_out(texts[index], sizes.characters(texts[index], room))
            shortened += 1
            size = room
        else:
            kept[index] = texts[index]
        budget -= size
    left_out = len(texts) - len(kept)
    words = [kept[index] for index in sorted(kept)]
    if left_out:
        words.insert(1 if 0 in kept else 0, f"[... {left_out} requests are left out here ...]")
    return "\n\n".join(words), shortened, left_out


def _middle_out(text: str, characters: int) -> str:
    half = max(characters // 2, 1)
    left = len(text) - 2 * half
    return f"{text[:half]} [... {left:,} characters left out ...] {text[-half:]}" if left > 0 else text


async def _done(turns: Sequence[Turn], sizes: Sizes, budget: int, focus: list[str], summary: str) -> str:
    last = next((turn.answer for turn in reversed(turns) if turn.answer), "")
    recent = turns[-RECENT_TURNS:]
    newest = [line for turn in recent for line in _lines(turn)]
    files = _files(recent)
    await sizes.learn([last, files, summary, *newest])
    summary = _clipped(summary, sizes.characters(summary, int(budget * SUMMARY_SHARE)))
    answer = (
        _clipped(f"My last answer: {last}", sizes.characters(last, int(budget * ANSWER_SHARE)))
        if last
        else ""
    )
    files = _clipped(files, sizes.characters(files, int(budget * FILES_SHARE)))
    await sizes.learn([answer, files, summary])
    budget -= sizes.text(answer) + sizes.text(files) + sizes.text(summary)
    kept = _fitting(newest, sizes, budget, focus)
    earlier = sum(len(message.calls) for turn in turns[:-RECENT_TURNS] for message in turn.messages)
    dropped = earlier + len(newest) - len(kept)
    more = (f"({dropped} calls are not listed)", files) if dropped else ()
    return "\n".join(part for part in (summary, *kept, *more, answer) if part)


def _fitting(lines: Sequence[str], sizes: Sizes, budget: int, focus: list[str]) -> list[str]:
    """As many lines as fit, in their order: those of the focus first, then the newest."""
    wanted = [any(word in line.casefold() for word in focus) for line in lines]
    order = sorted(range(len(lines)), key=lambda index: (not wanted[index], -index))
    kept = []
    for index in order:
        budget -= sizes.text(lines[index]) + 1
        if budget < 0:
            break
        kept.append(index)
    return [lines[index] for index in sorted(kept)]


def lines_of(acts: Iterator[tuple[ToolCall, Message]]) -> list[str]:
    """One line for each call: the tool, its main argument, what came of it."""
    return [f"- {call.tool}{_main(call)}: {_outcome(result)}" for call, result in acts]


def _lines(turn: Turn) -> list[str]:
    commands = [_own_command(message) for message in turn.spoken if is_result(message)]
    return commands + lines_of(turn.acts())


def _own_command(message: Message) -> str:
    first, _, rest = message.text.partition("\n")
    return f"- the person {first.removeprefix('I ')} {rest.partition(chr(10))[0]}"[:REASON_CHARACTERS]


def _main(call: ToolCall) -> str:
    value = next(iter(call.arguments.values()), "")
    shown = " ".join(str(value).split())
    return f" {_clipped(shown, FIRST_LINE)}" if shown else ""


def _outcome(result: Message) -> str:
    first = result.text.partition("\n")[0]
    if result.failed:
        return _clipped(f"failed: {first}", REASON_CHARACTERS)
    if result.tool in SPEAKING:
        return _clipped(first, FIRST_LINE)
    if READ_HEAD.match(result.text):
        return _clipped(first.strip("[]").rpartition(": ")[2], FIRST_LINE)
    count = result.text.rstrip("\n").count("\n") + 1
    return "1 line" if count == 1 else f"{count:,} lines"


def _files(turns: Sequence[Turn]) -> str:
    """Which files were changed, and which only read, the last ones first."""
    acts = [act for turn in turns for act in turn.acts()]
    done = [(call.tool, call.arguments.get("path")) for call, result in reversed(acts) if not result.failed]
    changed = dict.fromkeys(path for tool, path in done if tool in CHANGING and isinstance(path, str))
    read = dict.fromkeys(path for tool, path in done if tool == "read_file" and isinstance(path, str))
    only_read = [path for path in read if path not in changed]
    parts = (("Files changed", changed), ("Files read", only_read))
    return ". ".join(f"{what}: {', '.join(paths)}" for what, paths in parts if paths)


def _clipped(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: max(characters - 1, 0)] + "…"
