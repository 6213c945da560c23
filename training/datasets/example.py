"""One training example: a conversation whose assistant turns are what the student should have said.

Invariant: an example that was read is one that can be rendered: every call names an offered tool and fits its
schema, every observation belongs to a call before it, and the last turn is the assistant's. A line of a file:

``{"id", "messages": [{"role": "user"|"assistant"|"tool", ...}], "tools": [{"name", "description",
"parameters"}], "kind", "session", "source": {...}, "shares"?: {tool: share}, "project"?, "reading"?: {"form",
"line"?, "answer"?}}``

An example of the kind ``reading`` teaches only how the result before its last turn is read: its calls need
not be on offer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message, Signature, message_from_dict, message_to_dict, signature_to_dict
from tools.schema import validate
from training.student.passages import FORMS, LINE

Kind = Literal["call", "no_tool", "ask", "several", "chat", "reading"]
"""A call; none needed; a question, as something is missing; several calls or steps; talk; a result read."""


class ExampleError(Exception):
    """Not an example: one line, where and why."""


@dataclass(frozen=True)
class ReadingLabel:
    """How the last result is answered. ``form`` is one of ``training.student.passages.FORMS``; ``line`` the
    place of the line in the result, from 0, and ``answer`` the short answer on it, where the form is a line.
    ``written`` marks the part in which the student writes that answer instead of pointing."""

    form: str
    line: int | None = None
    answer: str = ""
    written: bool = False


@dataclass(frozen=True)
class Example:
    """``session`` keeps together what must not be split between training and evaluation. ``shares`` is a
    teacher's distribution over the tools for the last decision. ``source`` says where it came from:
    provider, model, prompt version, template, price."""

    id: str
    messages: tuple[Message, ...]
    tools: tuple[Signature, ...]
    kind: Kind = "call"
    session: str = ""
    source: Mapping[str, Any] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    project: str = ""
    reading: ReadingLabel | None = None


def example_id(messages: Iterable[Message], tools: Iterable[Signature]) -> str:
    """The same for the same content."""
    content = [
        [message_to_dict(message) for message in messages],
        [signature_to_dict(tool) for tool in tools],
    ]
    return blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=10).hexdigest()


def check(example: Example) -> None:
    """Raises ExampleError where the example cannot be trained on."""
    offered = {tool.name: tool for tool in example.tools}
    if example.kind not in get_args(Kind):
        raise ExampleError(f"kind is {example.kind!r}; known: {', '.join(get_args(Kind))}")
    if len(offered) != len(example.tools):
        raise ExampleError("a tool is offered twice")
    if not example.messages or example.messages[-1].role != "assistant":
        raise ExampleError("the last message is not the assistant's")
    if example.messages[0].role != "user":
        raise ExampleError("the first message is not the user's")
    calls: dict[str, ToolCall] = {}
    for message in example.messages:
        if message.role == "tool" and message.call_id not in calls:
            raise ExampleError(f"an observation belongs to no call before it ({message.call_id!r})")
        if message.role == "assistant" and not message.calls and not message.text:
            raise ExampleError("an assistant's turn is empty")
        for call in message.calls:
            calls[call.id] = call
            if example.kind != "reading":
                _check_call(call, offered)
    if (example.kind == "reading") != (example.reading is not None):
        raise ExampleError("the kind reading needs a label that says how to read, and no other has one")
    if example.reading:
        _check_reading(example.reading, example.messages)
    if unknown := set(example.shares) - {*offered, ANSWER}:
        raise ExampleError(f"shares name a tool that is not offered: {min(unknown)}")


def _check_call(call: ToolCall, offered: Mapping[str, Signature]) -> None:
    if call.tool not in offered:
        raise ExampleError(f"it calls {call.tool}, which is not offered")
    if problem := validate(offered[call.tool].parameters, call.arguments):
        raise ExampleError(f"a call of {call.tool} does not fit its schema: {problem}")


def _check_reading(label: ReadingLabel, messages: Sequence[Message]) -> None:
    if label.form not in FORMS:
        raise ExampleError(f"it reads in the form {label.form!r}; known: {', '.join(FORMS)}")
    if len(messages) < 2 or messages[-2].role != "tool":
        raise ExampleError("it reads a result, and there is none before its last turn")
    if (label.form == LINE) != (label.line is not None):
        raise ExampleError("the form line needs a line, and no other has one")
    lines = messages[-2].text.split("\n")
    if label.line is not None and not (0 <= label.line < len(lines) and lines[label.line].strip()):
        raise ExampleError(f"the result has no line {label.line}, or nothing stands there")


def to_line(example: Example) -> bytes:
    """One line of JSON with its newline."""
    document = {
        "id": example.id,
        "messages": [message_to_dict(message) for message in example.messages],
        "tools": [signature_to_dict(tool) for tool in example.tools],
        "kind": example.kind,
        "session": example.session,
        "source": dict(example.source),
    }
    if example.shares:
        document["shares"] = dict(example.shares)
    if example.project:
        document["project"] = example.project
    if example.reading:
        blank = vars(ReadingLabel(""))
        label = vars(example.reading).items()
        document["reading"] = {name: value for name, value in label if value != blank[name]}
    return orjson.dumps(document) + b"\n"


def from_line(line: bytes) -> Example:
    """The inverse of ``to_line``, checked. Raises ExampleError."""
    try:
        document = orjson.loads(line)
        messages = tuple(message_from_dict(message) for message in document.pop("messages"))
        tools = tuple(Signature(**tool) for tool in document.pop("tools"))
        reading = document.pop("reading", None)
        label = ReadingLabel(**reading) if reading else None
        example = Example(messages=messages, tools=tools, reading=label, **document)
    except orjson.JSONDecodeError as error:
        raise ExampleError(f"no JSON: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise ExampleError(f"no example: {type(error).__name__}: {error}") from None
    check(example)
    return example


def read(path: Path) -> Iterator[Example]:
    """The examples of a JSONL file. Raises ExampleError naming the line."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield from_line(line)
                    except ExampleError as error:
                        raise ExampleError(f"{path}, line {number}: {error}") from None
    except OSError as error:
        raise ExampleError(f"{path} cannot be read: {error.strerror}") from None
