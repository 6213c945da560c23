"""What two decisions are compared by: what was asked, and which call is right.

Invariant: equal texts and an equal ``group`` mean that two decisions teach the same. Decisions of different
groups are never duplicates: equal requests with different right calls teach the difference.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from training.curation.base import Row
from training.curation.lessons import lesson_of
from training.generation.near import normalised

LONGEST = 4_000
"""Characters that count of a text: half of them from its end."""


def group_of(row: Row) -> str:
    """What is right, or only known to be wrong, or of unknown worth; and which tool."""
    lesson = lesson_of(row)
    if lesson is None:
        return f"unknown {row.get('tool_selected')}"
    return f"right {lesson.tool}" if lesson.tool else f"wrong {lesson.rejected_tool}"


def tool_of(row: Row) -> str:
    """The tool that is right, else the one that was chosen."""
    lesson = lesson_of(row)
    return (lesson and lesson.tool) or str(row.get("tool_selected") or "")


def request_text(row: Row) -> str:
    """The request, with the calls that were made for it already: a second step is not the first."""
    context = row.get("context")
    context = context if isinstance(context, Mapping) else {}
    turn = context.get("turn")
    made = [call.get("tool") for message in _mappings(turn) for call in _mappings(message.get("calls"))]
    steps = "".join(f" > {tool}" for tool in made)
    return _cut(normalised(str(context.get("request") or ""))) + steps


def call_text(row: Row) -> str:
    """The values of the arguments in the order of their names: a name that changed makes no other call."""
    lesson = lesson_of(row)
    if lesson is None:
        arguments: Any = row.get("tool_parameters")
    else:
        arguments = lesson.arguments if lesson.tool else lesson.rejected_arguments
    arguments = arguments if isinstance(arguments, Mapping) else {}
    said = [_value(value) for _, value in sorted(arguments.items()) if value not in (None, "")]
    return _cut(normalised(" ".join(said)))


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _value(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST // 2] + text[-LONGEST // 2 :]
