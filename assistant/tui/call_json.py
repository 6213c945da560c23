"""Arguments as JSON that the user writes, for a correction of any tool. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from assistant.text_safety import visible


def json_text(arguments: Mapping[str, Any]) -> str:
    """The arguments as JSON to edit; with escapes where they hold characters that hide or control."""
    plain = json.dumps(arguments, ensure_ascii=False, indent=2)
    return plain if visible(plain) == plain else json.dumps(arguments, indent=2)


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
