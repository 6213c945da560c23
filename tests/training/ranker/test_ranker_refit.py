"""Fitting to a log: measured on sessions it did not learn from, and not used where that shows harm."""

import pytest

from tools.registry import builtin_registry
from tools.selection.model import shipped_model
from tools.selection.ranker import Ranker
from training.ranker.examples import Example
from training.ranker.refit import accuracy, held_out, refit

pytest.importorskip("sklearn")
pytestmark = pytest.mark.slow

BUILTIN = builtin_registry().signatures()
THINGS = (
    "login",
    "crash",
    "search",
    "price",
    "cart",
    "mail",
    "font",
    "menu",
    "door",
    "clock",
    "piano",
    "river",
)


def habit(tool: str, wording: str = "shake up the {thing} once more") -> list[Example]:
    """The same wish in sixty sessions."""
    return [
        Example(f"{wording.format(thing=thing)} {number}", f"session {thing} {number}", right={tool: 2.0})
        for thing in THINGS
        for number in range(5)
    ]


def test_a_habit_is_learned_and_shows_on_sessions_it_did_not_see() -> None:
    told: list[tuple[int, int]] = []
    found = refit(habit("run_tests"), BUILTIN, lambda done, total: told.append((done, total)))
    assert found.fitted and found.shipped and found.helps
    assert found.fitted.requests == found.shipped.requests >= 10
    assert found.fitted.top1 == 1.0 > found.shipped.top1
    assert found.model.facts["from_log"] == 60
    assert told == [(number, 26) for number in range(1, 27)]


def test_what_makes_the_ranker_worse_is_not_used() -> None:
    """Most sessions teach that reading is a diff; those that judge say that it is reading."""
    learned = [
        Example(one.request, one.group, right={"read_file" if held_out(one.group) else "git_diff": 3.0})
        for one in habit("read_file", "please read {thing}.py")
    ]
    found = refit(learned, BUILTIN)
    assert found.fitted and found.shipped
    assert found.fitted.top1 < found.shipped.top1
    assert not found.helps


def test_too_few_sessions_measure_nothing() -> None:
    found = refit(habit("run_tests")[:3], BUILTIN)
    assert (found.fitted, found.shipped, found.helps) == (None, None, True)
    assert not refit([], BUILTIN).helps


def test_accuracy_counts_tools_from_elsewhere() -> None:
    examples = [
        Example("read a.py", "s", right={"read_file": 1.0}),
        Example("sing", "s", right={"opera": 1.0}),
    ]
    found = accuracy(Ranker(shipped_model()), examples, BUILTIN)
    assert (found.requests, found.top1) == (2, 0.5)
