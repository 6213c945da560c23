"""What the APIs of models say when they refuse, read from the shapes that servers are known to use.

Invariant: nothing here raises over what a server sent; a shape that is not known says nothing.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

PASSING = frozenset({408, 429, 500, 502, 503, 504, 529})
"""Statuses that may be gone a moment later."""


def parsed_error(body: str) -> dict[str, Any]:
    """The error object of a refusal; a body that is not JSON is the message, a web page none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {"message": "" if body.lstrip()[:1] == "<" else body[:1000]}
    return error_of(value) if isinstance(value, dict) else {}


def error_of(value: dict[str, Any]) -> dict[str, Any]:
    """The error object in a JSON body, with a ``message`` that may be empty."""
    error = value.get("error") or value
    if not isinstance(error, dict):
        return {"message": str(error)}
    return {**error, "message": error.get("message") or error.get("detail") or ""}


def retry_after(header: str) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date; None where it says nothing."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def without(body: Mapping[str, Any], message: str, optional: Sequence[str]) -> dict[str, Any] | None:
    """``body`` without the ``optional`` field that ``message`` refuses, None where it names none of them."""
    if "max_tokens" in body and "max_completion_tokens" in message:
        rest = {name: value for name, value in body.items() if name != "max_tokens"}
        return {**rest, "max_completion_tokens": body["max_tokens"]}
    named = next((name for name in optional if name in body and name in message), None)
    return {name: value for name, value in body.items() if name != named} if named else None
