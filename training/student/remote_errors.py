"""What a student's endpoint says when it refuses: too long, no tools, a field that it does not take.

Invariant: nothing here raises over what a server sent; a shape that is not known says nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

from training.api_errors import without
from training.student.base import ContextOverflow, StudentError

_ABOUT_CONTEXT = re.compile(r"context|too long|too many tokens|maximum.{0,20}length", re.IGNORECASE)
_LIMIT = re.compile(
    r"(?:context (?:length|size|window)(?: is| of)?|limit(?: is| of)?)\D{0,12}(\d[\d,]*)|(\d[\d,]*) maximum",
    re.IGNORECASE,
)
_TOKENS = re.compile(r"(\d[\d,]*) tokens")
_NO_TOOLS = re.compile(
    r"(?:not|n't) support(?:ed)? (?:for )?tool|tools? (?:use |calling |choice )?(?:is |are )?not supported"
    r"|tools? (?:param|choice) requires|support tool use",
    re.IGNORECASE,
)
_OPTIONAL = ("stream_options", "parallel_tool_calls", "temperature", "tool_choice")


class Refused(StudentError):
    """The endpoint said no. ``status`` is 200 where it said so inside a reply; ``error`` is what it sent."""

    def __init__(self, line: str, status: int, message: str, error: Mapping[str, Any]) -> None:
        super().__init__(line)
        self.status = status
        self.message = message
        self.error = error


def overflow(refused: Refused) -> ContextOverflow | None:
    """A refusal because of the window, with the numbers that it names; None where it is about something
    else or names none."""
    if refused.status not in (200, 400, 413, 422, 500):
        return None
    needed, limit = refused.error.get("n_prompt_tokens"), refused.error.get("n_ctx")
    if isinstance(needed, int) and isinstance(limit, int):
        return ContextOverflow(needed, limit)
    found = _LIMIT.search(refused.message) if _ABOUT_CONTEXT.search(refused.message) else None
    if not found:
        return None
    room = _count(found[1] or found[2])
    larger = [number for text in _TOKENS.findall(refused.message) if (number := _count(text)) > room]
    return ContextOverflow(max(larger), room) if larger and room else None


def adapted(body: Mapping[str, Any], refused: Refused) -> dict[str, Any] | None:
    """``body`` without the optional field that the endpoint does not take, None where it is not that."""
    return without(body, refused.message, _OPTIONAL) if refused.status in (400, 422) else None


def lacks_tools(refused: Refused) -> bool:
    """Whether the endpoint, or the model behind it, was not set up for native tool calls."""
    return _NO_TOOLS.search(refused.message) is not None


def _count(digits: str) -> int:
    return int(digits[:15].replace(",", ""))
