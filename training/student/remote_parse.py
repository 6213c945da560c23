"""Calls that a model wrote as text, where its server did not make tool calls of them.

Forms: ``tool {json}`` on a line (the own one), ``{"name", "arguments"}`` bare or fenced, one or a list
of them, Hermes' ``<tool_call>{...}</tool_call>``, and ``<function=tool><parameter=name>value``.
Invariant: text that only mentions a tool, and JSON that names none, stays an answer: a call without a
tag of its own counts where it begins or ends the text. A forged result after a call is dropped. What
is returned is not checked against any schema yet.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex  # type: ignore[import-untyped]

from tools.protocol.calls import CallFormatError, parse_arguments
from tools.protocol.messages import Signature

MOST_CALLS = 128
LONGEST_OPENING = 1024
"""Characters after which what may open a call has to have done so."""
_TAG = r"<tool_call>|<function="
_SPACE = r"\s{0,100}+"
"""Bounded, because it is tried at the beginning of each line."""
_FENCE = rf"(?:```[\w-]{{0,100}}+[ \t]{{0,100}}+\n{_SPACE})?"
_FORGED = regex.compile(r"(?:\**(?:Observation|Result|Output)\**:|<tool_response>|</?tool_calls?>|```\s*\Z)")
_HERMES = regex.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", regex.DOTALL)
_FUNCTION = regex.compile(r"<function=([^>\s]{1,200})>(.*?)(?:</function>|(?=<function=)|\Z)", regex.DOTALL)
_PARAMETER = regex.compile(
    r"<parameter=([^>\s]{1,200})>\n?(.*?)(?:\n?</parameter>|(?=<parameter=)|\n?\Z)", regex.DOTALL
)
_PIECE = regex.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]|"', regex.DOTALL)

Raw = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Written:
    """``calls`` as names and arguments, and the ``thought`` before them. None where the text is an answer."""

    calls: tuple[Raw, ...]
    thought: str


@lru_cache(maxsize=8)
def opening(names: tuple[str, ...]) -> "regex.Pattern[str]":
    """What the beginning of a line looks like where a call begins; made for partial matches too."""
    known = "|".join(regex.escape(name) for name in names)
    named = rf'"(?:name|tool|function)"{_SPACE}:{_SPACE}"(?:{known})"'
    kind = rf'"type"{_SPACE}:{_SPACE}"function"{_SPACE},{_SPACE}'
    objects = rf"\[?{_SPACE}\{{{_SPACE}(?:{kind})?{named}"
    return regex.compile(rf"[ \t]{{0,1000}}+(?:{_TAG}|{_FENCE}(?:{objects}|(?:{known})[ \t]*\{{))")


def written_calls(text: str, tools: Mapping[str, Signature]) -> Written | None:
    """The calls in ``text``. Raises CallFormatError where it means to call and does not succeed."""
    start = _first_line(text, opening(tuple(tools))) if tools else None
    if start is None:
        return None
    calls: list[Raw] = []
    rest, thought = text[start:], text[:start].strip()
    tagged = rest.lstrip().startswith(("<tool_call>", "<function="))
    while len(calls) < MOST_CALLS and (block := _block(rest, tools)) is not None:
        found, rest = block
        calls += found
    if rest.strip() and not tagged and thought and not _FORGED.match(rest.lstrip()):
        return None
    return Written(tuple(calls), thought)


def _first_line(text: str, pattern: "regex.Pattern[str]") -> int | None:
    """Where the first line is that opens a call."""
    position = 0
    for line in text.splitlines(keepends=True):
        if pattern.match(text, position, position + LONGEST_OPENING):
            return position
        position += len(line)
    return None


def _block(text: str, tools: Mapping[str, Signature]) -> tuple[list[Raw], str] | None:
    """The calls of the block that ``text`` begins with, and what follows it; None where it is none."""
    text = text.lstrip()
    if match := _HERMES.match(text):
        inner = match[1].strip()
        calls = _functions(inner, tools) if inner.startswith("<function=") else _objects(_loaded(inner))
        return calls, text[match.end() :]
    if match := _FUNCTION.match(text):
        return [_function(match, tools)], text[match.end() :]
    if not opening(tuple(tools)).match(text):
        return None
    fence = regex.match(_FENCE, text)
    body = text[fence.end() :] if fence else text
    end = _json_end(body)
    if end is None:
        raise CallFormatError("the arguments are not JSON: a bracket or a quote is not closed")
    head = body[: body.index("{")].strip()
    if head in tools:
        calls = [(head, parse_arguments(body[body.index("{") : end]))]
    else:
        calls = _objects(_loaded(body[:end]))
    rest = body[end:]
    if fence and fence.end():
        rest = rest.lstrip().removeprefix("```")
    return calls, rest


def _json_end(text: str) -> int | None:
    """Where the first bracket of ``text`` closes, strings left alone; None where it does not."""
    depth = 0
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece == '"':
            return None
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(piece, 0)
        if depth == 0 and piece in ("}", "]"):
            return int(match.end())
    return None


def _loaded(text: str) -> list[Any]:
    """One object, or a list of them, under the strict rules for arguments."""
    if text.startswith("["):
        value = parse_arguments(f'{{"calls": {text}}}')["calls"]
        return value if isinstance(value, list) else [value]
    return [parse_arguments(text)]


def _objects(values: Iterable[Any]) -> list[Raw]:
    return [_object(value) for value in values]


def _object(value: Any) -> Raw:
    """A call from ``{"name", "arguments"}`` and its variants."""
    if isinstance(value, dict):
        inner = value.get("function")
        value = inner if isinstance(inner, dict) else value
        name = next((value[key] for key in ("name", "tool", "function") if key in value), None)
        arguments: Any = next((value[key] for key in ("arguments", "parameters", "args") if key in value), {})
        if isinstance(arguments, str):
            arguments = parse_arguments(arguments or "{}")
        if isinstance(name, str) and isinstance(arguments, dict):
            return name, arguments
    raise CallFormatError("a call needs a name and an object of arguments")


def _functions(text: str, tools: Mapping[str, Signature]) -> list[Raw]:
    return [_function(match, tools) for match in _FUNCTION.finditer(text)]


def _function(match: "regex.Match[str]", tools: Mapping[str, Signature]) -> Raw:
    """Values have no quotes in this form: the schema says what they are."""
    name = match[1]
    schema = tools[name].parameters.get("properties", {}) if name in tools else {}
    arguments: dict[str, Any] = {}
    for parameter in _PARAMETER.finditer(match[2]):
        if parameter[1] in arguments:
            raise CallFormatError(f"the argument {parameter[1][:80]!r} is given twice")
        arguments[parameter[1]] = _value(parameter[2], schema.get(parameter[1], {}))
    return name, arguments


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    if schema.get("type", "string") == "string":
        return text
    try:
        return parse_arguments(f'{{"value": {text.strip() or json.dumps(text)}}}')["value"]
    except CallFormatError:
        return text
