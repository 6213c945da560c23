"""Filters as a person types them: ``confidence>=0.8``.

The grammar of one filter is ``FIELD OPERATOR VALUE``. FIELD is a name, nested ones with dots
(``outcome.success``). OPERATOR is ``>=``, ``<=``, ``>``, ``<``, ``=`` (also ``==``) or the word ``in``.
VALUE is JSON (``0.8``, ``true``, ``null``, ``"two words"``, ``["a", "b"]``); what is no JSON is the text
itself; after ``in`` also words with commas between them. Several filters must all hold.

Invariant: a filter means what ``filters`` says of its parts; what cannot be read is an error.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from training.products.base import ProductError

_OPERATORS = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt", "=": "eq", "==": "eq", "in": "in"}
_FILTER = re.compile(r"([\w.-]+)(?:\s*(>=|<=|==|=|>|<)|\s+(in)(?=[\s\[]))\s*(.*)", re.DOTALL)


def parse_where(texts: Iterable[str]) -> dict[str, Any]:
    """The filters of ``Published.query``. Raises ProductError."""
    filters: dict[str, Any] = {}
    for text in texts:
        name, operator, value = _parsed(text)
        held = filters.setdefault(name, {})
        if operator in held or "eq" in held or (held and operator == "eq"):
            raise ProductError(f"the filter {text!r} comes on top of another on {name}; give one")
        held[operator] = value
    return {name: held.get("eq", held) for name, held in filters.items()}


def written(filters: Mapping[str, Any]) -> list[str]:
    """The inverse of ``parse_where``."""
    signs = {operator: sign for sign, operator in _OPERATORS.items() if sign != "=="}
    return [
        f"{name} {signs[operator]} {json.dumps(value)}"
        for name, held in filters.items()
        for operator, value in (held if isinstance(held, dict) else {"eq": held}).items()
    ]


def _parsed(text: str) -> tuple[str, str, Any]:
    match = _FILTER.fullmatch(text.strip())
    if match is None or not match[4]:
        raise ProductError(
            f"the filter {text!r} cannot be read; write FIELD OPERATOR VALUE, such as confidence>=0.8, "
            "tool_selected=read_file, or agent_id in coder,tester"
        )
    operator = _OPERATORS[match[2] or match[3]]
    value = _value(match[4])
    if operator == "in" and not isinstance(value, list):
        value = [_value(part.strip()) for part in match[4].split(",")]
    return match[1], operator, value


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError:
        return text


def _refuse(name: str) -> None:
    raise ValueError(name)
