"""Decisions as training examples: the right call in its situation; and what was wrong, beside them.

Invariant: an example passes ``training.datasets.example.check``, and its source names the decision, the model
and the teacher, so that what came of one teacher can be taken out again.
"""

from typing import Any

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message
from training.curation.base import Row
from training.curation.drift import Drift, Renames, call_of, situation_of
from training.curation.lessons import Lesson
from training.datasets.example import Example, ExampleError, Kind, check, example_id, to_line


def example_of(row: Row, lesson: Lesson, renames: Renames) -> Example:
    """What is right, as an example. Raises Drift where it does not fit the tools of today."""
    return _example(row, lesson, lesson.tool, lesson.arguments, renames)


def negative_of(row: Row, lesson: Lesson, renames: Renames) -> dict[str, Any]:
    """What is wrong, as an example's JSON, with ``rejected``: why, and that nobody should learn it."""
    import orjson

    made = _example(row, lesson, lesson.rejected_tool, lesson.rejected_arguments, renames)
    document: dict[str, Any] = orjson.loads(to_line(made))
    return {
        **document,
        "rejected": {"reason": lesson.reason, "by": lesson.source, "strength": lesson.strength},
    }


def _example(row: Row, lesson: Lesson, tool: str, arguments: Any, renames: Renames) -> Example:
    before, offered = situation_of(row, renames)
    call = call_of(tool, arguments, offered, renames)
    messages = (*before, _turn(call))
    example = Example(
        id=example_id(messages, offered),
        messages=messages,
        tools=offered,
        kind=_kind(before, call),
        session=str(row.get("session_id") or ""),
        source=_source(row, lesson),
    )
    try:
        check(example)
    except ExampleError as error:
        raise Drift(str(error)) from None
    return example


def _turn(call: ToolCall) -> Message:
    if call.tool == ANSWER:
        return Message("assistant", text=str(call.arguments.get("text") or ""))
    return Message("assistant", calls=(call,))


def _kind(before: tuple[Message, ...], call: ToolCall) -> Kind:
    if any(message.calls for message in before):
        return "several"
    return "no_tool" if call.tool == ANSWER else "call"


def _source(row: Row, lesson: Lesson) -> dict[str, Any]:
    facts = {
        "provider": lesson.source,
        "strength": lesson.strength,
        "event_id": row["event_id"],
        "model": row.get("model"),
    }
    return {**facts, "teacher_model": row["teacher_model"]} if row.get("teacher_model") else facts
