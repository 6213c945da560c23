"""Leaves out examples that would teach something wrong.

Checked are the schema (it can be trained on), the lengths, that no answer declines, that code stands in a
block where code is due, that calls were executed, and that a request is in the language that it says it is
in. What an example says of itself is in its ``source``: ``language``, and ``executed`` where it is false.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from training.datasets.example import Example, ExampleError, check
from training.generation.data_files import data
from training.generation.languages import languages_of
from training.generation.tally import Rejection, Tally, last_request

SHORTEST_REQUEST, LONGEST_REQUEST = 2, 8_000
LONGEST_ANSWER = 8_000
LONGEST_EXAMPLE = 60_000
"""Characters of all turns together; no context of a small student holds more."""
_FENCE = "```"


class QualityFilter:
    """Its checks are made in the order of ``CHECKS``; the first that fails is the reason."""

    def __init__(self, facts: Mapping[str, Any] | None = None) -> None:
        self.tally = Tally(facts)

    def check(self, example: Example) -> Rejection | None:
        """Why the example is left out, counted."""
        rejection = None
        for reason, check_one in CHECKS.items():
            if said := check_one(example):
                rejection = Rejection(reason, said)
                break
        self.tally.take(last_request(example), rejection)
        return rejection


def _schema(example: Example) -> str:
    try:
        check(example)
    except ExampleError as error:
        return str(error)
    return ""


def _length(example: Example) -> str:
    request, answer = last_request(example).strip(), example.messages[-1].text
    whole = sum(len(turn.text) for turn in example.messages)
    if not SHORTEST_REQUEST <= len(request) <= LONGEST_REQUEST:
        return f"the request has {len(request)} characters"
    if len(answer) > LONGEST_ANSWER:
        return f"the answer has {len(answer)} characters"
    return f"all turns have {whole} characters" if whole > LONGEST_EXAMPLE else ""


def _refusal(example: Example) -> str:
    for turn in example.messages:
        if turn.role == "assistant" and not turn.calls and _pattern("refusals").match(turn.text.strip()):
            return f"an answer declines: {turn.text.strip()[:80]}"
    return ""


def _code(example: Example) -> str:
    """Code that a call has written needs no block."""
    calls = any(turn.calls for turn in example.messages)
    answer = example.messages[-1].text
    if calls or example.kind == "ask" or _FENCE in answer:
        return ""
    wanted = _pattern("code_wanted").search(last_request(example))
    return "the request wants code, and the answer has no block of it" if wanted else ""


def _executed(example: Example) -> str:
    """The last turn may be calls that are still to be made; any other call has its observation."""
    if example.source.get("executed") is False and example.messages[-1].text:
        return "its calls were not executed"
    seen = {turn.call_id for turn in example.messages if turn.role == "tool"}
    for turn in example.messages[:-1]:
        for call in turn.calls:
            if call.id not in seen:
                return f"the call of {call.tool} has no observation"
    return ""


def _language(example: Example) -> str:
    said = example.source.get("language")
    found = languages_of(last_request(example)) if said else None
    return f"the request is in {min(found)}, not in {said}" if found and said not in found else ""


CHECKS: Mapping[str, Callable[[Example], str]] = {
    "schema": _schema,
    "length": _length,
    "refusal": _refusal,
    "code": _code,
    "executed": _executed,
    "language": _language,
}
"""Each says what is wrong, or nothing."""


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """All patterns of that name as one."""
    return re.compile("|".join(f"(?:{one})" for one in data("quality")[name]), re.IGNORECASE)
