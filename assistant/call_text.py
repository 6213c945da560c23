"""A call as plain text that the user edits, and back. Pure.

The content of a file, a command and code are edited as they are. Other arguments are edited as TOML, and so
is text with characters that hide or control, with escapes: what is edited is what is seen.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import Any

from assistant.text_safety import visible
from tools.calls import ToolCall

_BODIES = {"write_file": "content", "run_shell": "command", "run_python": "code"}
_NAMES = {"run_shell": "command.sh", "run_python": "code.py"}
_MAY_BE_EMPTY = frozenset({"content"})
_POSITION = re.compile(r"\s*\((at line \d+, column \d+|at end of document)\)$")


@dataclass(frozen=True)
class CallText:
    """``text`` to edit. ``name`` is a file name by which an editor knows what it is."""

    text: str
    name: str


def to_text(call: ToolCall) -> CallText:
    """What the user edits of ``call``."""
    body = _body(call)
    if body is None:
        lines = [
            f"{_key(name)} = {_value(value)}" for name, value in call.arguments.items() if value is not None
        ]
        return CallText("\n".join(lines) + "\n", "call.toml")
    return CallText(str(call.arguments[body]), _NAMES.get(call.tool) or _file_name(call))


def from_text(text: str, call: ToolCall) -> dict[str, Any]:
    """The arguments that ``text`` stands for. Raises ValueError with one line that says what is wrong."""
    body = _body(call)
    if body is None:
        missing = {name: None for name, value in call.arguments.items() if value is None}
        return {**missing, **_from_toml(text)}
    if not text.strip() and body not in _MAY_BE_EMPTY:
        raise ValueError(f"{body} is empty: write it, or go back")
    return {**call.arguments, body: text}


def _body(call: ToolCall) -> str | None:
    """The argument that is edited as it is; None where all are edited as TOML."""
    names = list(call.arguments)
    name = _BODIES.get(call.tool, names[0] if len(names) == 1 else "")
    value = call.arguments.get(name)
    return name if isinstance(value, str) and visible(value) == value else None


def _file_name(call: ToolCall) -> str:
    name = PurePosixPath(str(call.arguments.get("path", ""))).name
    return name if re.fullmatch(r"[\w.][\w. -]{0,100}", name) and name not in (".", "..") else "argument.txt"


def _from_toml(text: str) -> dict[str, Any]:
    try:
        edited = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        where = _POSITION.search(said)
        reason = _POSITION.sub("", said)
        raise ValueError(f"{where[1].removeprefix('at ')}: {reason}" if where else reason) from error
    except RecursionError as error:
        raise ValueError("the text is nested too deep") from error
    for name, value in edited.items():
        if isinstance(value, date | datetime | time):
            raise ValueError(f"{name} is a date: put it in quotes")
    return edited


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case Mapping():
            inner = (f"{_key(str(name))} = {_value(one)}" for name, one in value.items() if one is not None)
            return f"{{ {', '.join(inner)} }}"
        case list() | tuple():
            return f"[{', '.join(_value(one) for one in value)}]"
        case _:
            return repr(value)


def _string(text: str) -> str:
    """Several lines stand as they are between their quotes, where they hold nothing that hides."""
    if "\n" in text and visible(text) == text and "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    return _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character == "\n":
        return "\\n"
    if visible(character) == character and character.isprintable():
        return character
    return f"\\U{ord(character):08X}"
