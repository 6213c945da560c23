"""Results of tools made shorter for the student's window.

Invariant: what was left out is named with its place and size and with what shows it again; the session
keeps the whole. The same result is always made short the same way, so that cached prompts stay valid.
"""

import re
from dataclasses import replace

from tools.calls import ToolCall
from tools.protocol.messages import Message

FIRST_LINE = 120
HEAD_SHARE = 2 / 3
READ_HEAD = re.compile(r"\[(?:[^\n]*: )?(?:lines \d+-\d+ of \d+|decoded as )[^\n]*\]\n")
NARROWER = {
    "read_file": "a range of lines",
    "run_shell": "`| head`, `| tail` or `| grep`",
    "search_files": "a narrower pattern or path",
    "list_files": "a narrower path or pattern",
    "git_diff": "one path",
    "run_tests": "one target",
    "run_python": "code that prints less",
}


def is_result(message: Message) -> bool:
    """True for what a tool said: an observation, or the output of the person's own command."""
    return bool(message.tool)


def cut(message: Message, characters: int, call: ToolCall | None = None) -> Message:
    """The head and the tail of a result, whole lines where it has some; ``call`` is what it answers."""
    text = message.text
    if len(text) <= characters:
        return message
    head = _whole_lines(text[: int(characters * HEAD_SHARE)], text)
    tail = _last_lines(text[len(text) - (characters - int(characters * HEAD_SHARE)) :], text)
    middle = text[len(head) : len(text) - len(tail)]
    note = f"[... {_size(middle)} left out; {_how(message, call, head, middle)} ...]"
    return replace(message, text=f"{head.rstrip(chr(10))}\n{note}\n{tail}")


def stub(message: Message) -> Message:
    """The first line of a result, and how much followed it; itself where that would not be shorter."""
    first, _, rest = message.text.partition("\n")
    kept = first[:FIRST_LINE]
    rest = first[FIRST_LINE:] + ("\n" if first[FIRST_LINE:] and rest else "") + rest
    note = f"[... {_size(rest)} left out; {_again(message)} ...]"
    return replace(message, text=f"{kept}\n{note}") if len(note) + 40 < len(rest) else message


def _how(message: Message, call: ToolCall | None, head: str, middle: str) -> str:
    """What shows the ``middle`` that is left out after ``head``."""
    if message.tool == "read_file" and call is not None and "\n" in head:
        first = _line_after(head, call)
        last = first + middle.count("\n") - middle.endswith("\n")
        return f"read_file with start_line={first} and end_line={last} shows them"
    return f"{NARROWER.get(message.tool, 'asking for less')} shows more of it"


def _line_after(head: str, call: ToolCall) -> int:
    """The number of the file's line that follows ``head``, which may begin with read_file's own line."""
    began = call.arguments.get("start_line")
    first = began if isinstance(began, int) else 1
    return first + head.count("\n") - bool(READ_HEAD.match(head))


def _again(message: Message) -> str:
    if message.role == "user":
        return "the person ran it"
    return f"call {message.tool} again to see it"


def _size(text: str) -> str:
    lines = len(text.strip("\n").split("\n"))
    return f"{lines:,} lines, {len(text):,} characters" if lines > 1 else f"{len(text):,} characters"


def _whole_lines(head: str, text: str) -> str:
    """``head`` without a torn last line, unless that would take most of it."""
    end = head.rfind("\n") + 1
    return head[:end] if end > len(head) // 2 and len(head) < len(text) else head


def _last_lines(tail: str, text: str) -> str:
    """``tail`` without a torn first line, unless that would take most of it."""
    start = tail.find("\n") + 1
    return tail[start:] if 0 < start < len(tail) // 2 and len(tail) < len(text) else tail
