"""Reading examples in the form in which fine-tuning reads them."""

import random
from dataclasses import replace

from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.datasets.example import Example, ReadingLabel, check, example_id
from training.generation.reading.base import ReadingExample
from training.generation.reading.generator import examples_of_page

_CALL_ID = "c0"
_LEAST_LINES = 4
_GONE = 0.2
"""How often a question with an answer is asked of the text without it."""


def as_example(made: ReadingExample, session: str) -> Example:
    """The question, the call, its result, and how that is read. ``session`` keeps the questions about one
    text together. Raises ExampleError.
    """
    tool, arguments = made.call
    call = ToolCall(_CALL_ID, tool, dict(arguments))
    messages = (
        Message("user", made.question),
        Message("assistant", calls=(call,)),
        Message("tool", "\n".join(made.lines), call_id=call.id, tool=tool),
        Message("assistant", _said(made)),
    )
    label = ReadingLabel(made.form, made.line, made.answer)
    source = {"provider": "scripted", "template": f"reading.{made.kind}", "prompt_version": "reading-1"}
    example = Example(example_id(messages, ()), messages, (), "reading", session, source, reading=label)
    check(example)
    return example


def _said(made: ReadingExample) -> str:
    """What the program would have answered, for people who look at the example."""
    said = {
        "result": "Here it is.",
        "done": "Done.",
        "ask": "What exactly do you mean?",
        "none": "Not found.",
    }
    return said[made.form] if made.line is None else made.lines[made.line].strip()


def reading_example(dice: random.Random, session: str) -> Example | None:
    """One example; None where the text that was made has no question."""
    made = list(examples_of_page(dice))
    if not made:
        return None
    chosen = dice.choice(made)
    missing = without_answer(chosen) if dice.random() < _GONE else None
    return as_example(missing or chosen, session)


def without_answer(made: ReadingExample) -> ReadingExample | None:
    """The same question where the line that answers it is gone: the nearest miss that there is.

    None where the answer stands on another line too, or nothing would be left to read.
    """
    if made.line is None or len(made.lines) < _LEAST_LINES:
        return None
    left = (*made.lines[: made.line], *made.lines[made.line + 1 :])
    if any(made.answer.casefold() in line.casefold() for line in left):
        return None
    return replace(made, lines=left, form="none", line=None, answer="", kind=f"{made.kind}-gone")
