"""Whether a decision is right: the tool by its name, the call by its arguments too.

Values are compared exactly, paths among them; only a number may be written as whole or not (1 and 1.0).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER, write_call
from training.evaluation import bfcl_rules
from training.evaluation.cases import ANY, Case, Expected
from training.evaluation.predictions import Prediction

SHOWN_VALUES = 3


@dataclass(frozen=True)
class Verdict:
    """``why`` is empty where the call is right. ``bfcl`` is BFCL's own verdict, None on other cases."""

    tool: bool
    call: bool
    why: str = ""
    bfcl: bool | None = None


def judge(case: Case, made: Prediction) -> Verdict:
    """The verdict on one decision. What could not be parsed is wrong, except by BFCL's own rule."""
    if case.rule in ("bfcl", "some_call"):
        return _by_bfcl(case, made)
    if not made.parsed:
        return Verdict(tool=False, call=False, why=made.problem)
    if not made.calls:
        right = any(one.tool == ANSWER for one in case.expected)
        return Verdict(right, right, "" if right else f"answered, expected {_names(case)}")
    tool = _tools_right(case, made.calls)
    if not tool:
        called = ", ".join(call.tool for call in made.calls)
        return Verdict(tool=False, call=False, why=f"called {called}, expected {_names(case)}")
    right = _calls_right(case, made.calls)
    return Verdict(tool=True, call=right, why="" if right else _difference(case, made.calls))


def matches(right: Expected, call: ToolCall) -> bool:
    """Whether ``call`` is the expected one."""
    if call.tool != right.tool or set(call.arguments) - set(right.arguments):
        return False
    return all(_accepts(values, name, call) for name, values in right.arguments.items())


def _accepts(values: Sequence[Any], name: str, call: ToolCall) -> bool:
    if ANY in values:
        return True
    written = [call.arguments[name]] if name in call.arguments else [None, ""]
    return any(equal(one, value) for one in written for value in values)


def equal(one: Any, other: Any) -> bool:
    """Equal as JSON: ``true`` is not 1, whatever the depth."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def _tools_right(case: Case, calls: Sequence[ToolCall]) -> bool:
    if case.rule in ("all", "bfcl"):
        return sorted(call.tool for call in calls) == sorted(one.tool for one in case.expected)
    return {call.tool for call in calls} <= {one.tool for one in case.expected}


def _calls_right(case: Case, calls: Sequence[ToolCall]) -> bool:
    if case.rule == "all":
        return _paired(list(case.expected), list(calls))
    return all(any(matches(one, call) for one in case.expected) for call in calls)


def _paired(expected: list[Expected], calls: list[ToolCall]) -> bool:
    """Whether each call can be given an expected one of its own."""
    if not calls or not expected:
        return not calls and not expected
    first, rest = calls[0], calls[1:]
    return any(
        matches(one, first) and _paired(expected[:index] + expected[index + 1 :], rest)
        for index, one in enumerate(expected)
    )


def _by_bfcl(case: Case, made: Prediction) -> Verdict:
    if case.rule == "some_call":
        right = tool = official = bool(made.calls)
    elif case.wants_answer:
        right = tool = made.answered
        official = not made.calls
    else:
        tool = made.parsed and _tools_right(case, made.calls)
        official = bfcl_rules.right(case, made.calls)
        right = official and made.parsed and bfcl_rules.right(case, made.calls, exact_paths=True)
    why = "" if right else made.problem or _difference(case, made.calls)
    return Verdict(tool, right, why, official)


def _names(case: Case) -> str:
    return " or ".join(dict.fromkeys(one.tool for one in case.expected))


def _difference(case: Case, calls: Sequence[ToolCall]) -> str:
    """What was called, and the first right decision that comes to it nearest."""
    called = "; ".join(write_call(call) for call in calls) or "answered"
    same = [one for one in case.expected if calls and one.tool == calls[0].tool] or list(case.expected)
    wanted = "; ".join(described(one) for one in (same[:1] if case.rule == "any" else case.expected))
    return f"{called}, expected {wanted or 'a call'}"


def described(right: Expected) -> str:
    """A right decision in one line, with the first of the values that each argument may have."""
    arguments = (f"{name}={_described_values(values)}" for name, values in right.arguments.items())
    return f"{right.tool}({', '.join(arguments)})"


def _described_values(values: Sequence[Any]) -> str:
    shown = " | ".join("left out" if value is None else repr(value) for value in values[:SHOWN_VALUES])
    return f"{shown} | ..." if len(values) > SHOWN_VALUES else shown
