"""The arguments of a call as text that a person edits, and back. Pure.

A single text argument is edited as it is; anything else, and text with characters that hide or
control, as JSON with escapes, so that what is edited is what is seen.
"""

import json
from collections.abc import Mapping
from typing import Any

from assistant.text_safety import visible


def to_text(arguments: Mapping[str, Any]) -> str:
    """The text to edit."""
    lone = _lone(arguments)
    if lone is not None and visible(arguments[lone]) == arguments[lone]:
        return str(arguments[lone])
    return json_text(arguments)


def json_text(arguments: Mapping[str, Any]) -> str:
    """The arguments as JSON to edit."""
    plain = json.dumps(arguments, ensure_ascii=False, indent=2)
    return plain if visible(plain) == plain else json.dumps(arguments, indent=2)


def from_text(text: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that ``text`` stands for. Raises ValueError with one line that says what is wrong."""
    lone = _lone(arguments)
    if lone is not None and visible(arguments[lone]) == arguments[lone]:
        if not text.strip():
            raise ValueError(f"{lone} is empty: write it, or Esc to go back")
        return {lone: text}
    return from_json(text)


def from_json(text: str) -> dict[str, Any]:
    """The arguments that JSON stands for. Raises ValueError with one line that says what is wrong."""
    try:
        edited = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("the JSON is nested too deep") from error
    if not isinstance(edited, dict):
        raise ValueError('the arguments are a JSON object, such as {"path": "a.py"}')
    return edited


def _lone(arguments: Mapping[str, Any]) -> str | None:
    name = next(iter(arguments), None)
    return name if len(arguments) == 1 and isinstance(arguments.get(name or ""), str) else None
