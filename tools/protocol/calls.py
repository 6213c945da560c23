"""How a call is written: ``read_file {"path": "src/cache.py"}``, one call a line.

The final answer is written ``answer``, a newline, and then free text, which needs no escaping.
Invariant: ``parse(write(calls)) == calls``, and text inside an argument never starts a new call,
because JSON strings hold no raw newline.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tools.calls import ToolCall

FORMAT = 1
"""Version of this format and of the signatures' lines: a student is tuned to one of them."""
ANSWER = "answer"
ANSWER_PREFIX = ANSWER + "\n"
MAX_ARGUMENT_CHARACTERS = 1 << 20


class CallFormatError(Exception):
    """The text is not a call: one line that says where it stops being one."""


def write_arguments(arguments: dict[str, Any]) -> str:
    """The arguments as the student writes them: one line of JSON in UTF-8."""
    return json.dumps(arguments, ensure_ascii=False, allow_nan=False)


def write_call(call: ToolCall) -> str:
    """One call as the student writes it."""
    return f"{call.tool} {write_arguments(call.arguments)}"


def write_turn(calls: Sequence[ToolCall], answer: str = "", thought: str = "") -> str:
    """A whole assistant turn: the thought, then the calls or the answer."""
    body = "\n".join(write_call(call) for call in calls) if calls else ANSWER_PREFIX + answer
    return f"{thought}\n{body}" if thought else body


def parse_arguments(text: str) -> dict[str, Any]:
    """JSON object from text. Refuses duplicate keys, NaN, huge numbers, deep nesting, other types."""
    if len(text) > MAX_ARGUMENT_CHARACTERS:
        raise CallFormatError(
            f"the arguments have {len(text)} characters; {MAX_ARGUMENT_CHARACTERS} are allowed"
        )
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_small_int)
    except json.JSONDecodeError as error:
        raise CallFormatError(f"the arguments are not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise CallFormatError("the arguments are nested too deeply") from None
    if not isinstance(value, dict):
        raise CallFormatError(f"the arguments are {type(value).__name__}, not an object")
    return value


def parse_call(line: str, call_id: str, known: Iterable[str] | None = None) -> ToolCall:
    """One written call. Raises CallFormatError, also for a name outside ``known``."""
    name, _, rest = line.strip().partition(" ")
    if known is not None and name not in set(known):
        raise CallFormatError(f"there is no tool {name[:80]!r}")
    return ToolCall(call_id, name, parse_arguments(rest or "{}"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise CallFormatError("an argument is given twice")
    return result


def _no_constant(name: str) -> Any:
    raise CallFormatError(f"{name} is not a JSON number")


def _small_int(digits: str) -> int:
    if len(digits) > 20:
        raise CallFormatError(f"a number has {len(digits)} digits")
    return int(digits)
