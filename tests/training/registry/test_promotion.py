"""A candidate is promoted where it is better, and what it is instead is said."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.training.evaluation.cases_under_test import case, expected, made
from training.evaluation.report import Result, results
from training.registry.promotion import compared
from training.registry.trials import TrialError, mcnemar, shares, speed

READ = expected("read_file", path=["a.py"])
RIGHT, WRONG_PATH = ("read_file", {"path": "a.py"}), ("read_file", {"path": "b.py"})
WRONG = ("run_tests", {})


def decided(*calls: tuple[str, dict[str, object]] | str, ms: float = 50) -> list[Result]:
    """A call where a call is right; or ``answer``, ``talk`` (a call where an answer is right), ``broken``."""
    cases, predictions = [], []
    for number, call in enumerate(calls):
        wants = expected("answer") if call in ("answer", "talk") else READ
        one = made() if call == "answer" else made(WRONG) if call == "talk" else made(*_calls(call))
        problem = "cut" if call == "broken" else ""
        cases.append(replace(case(wants), id=str(number)))
        predictions.append(replace(one, case_id=str(number), latency_ms=ms + number % 3, problem=problem))
    return results(cases, predictions)


def _calls(call: tuple[str, dict[str, object]] | str) -> Sequence[tuple[str, dict[str, object]]]:
    return () if isinstance(call, str) else (call,)


def outcome(mine: list[Result], other: list[Result]) -> tuple[str, str]:
    """As it would be judged on however few cases."""
    found = compared(mine, other, least=1)
    return found.outcome, found.said


def test_clearly_more_right_calls_are_better() -> None:
    mine = decided(*[RIGHT] * 90, *[WRONG_PATH] * 10)
    other = decided(*[RIGHT] * 60, *[WRONG_PATH] * 40)
    found = compared(mine, other)
    assert found.outcome == "better" and found.allowed()
    assert found.said.startswith("better: call accuracy 90.0% against 60.0% in 100 cases (+21")
    (call,) = (one for one in found.shares if one.name == "call accuracy")
    assert (call.gained, call.lost, call.difference) == (30, 0, 0.3)
    assert call.chance < 1e-6 and 0.2 < call.low < 0.3 < call.high < 0.4


def test_more_calls_do_not_make_up_for_less_restraint() -> None:
    mine = decided(*[RIGHT] * 80, *["talk"] * 20)
    other = decided(*[RIGHT] * 40, *[WRONG] * 40, *["answer"] * 20)
    found = compared(mine, other)
    assert found.outcome == "worse" and not found.allowed(not_worse_is_enough=True)
    assert found.said.startswith("worse: restraint 0.0% against 100.0% in 20 cases")


def test_fewer_calls_that_parse_are_worse() -> None:
    found = outcome(decided(*[RIGHT] * 70, *["broken"] * 30), decided(*[RIGHT] * 60, *[WRONG_PATH] * 40))
    assert found[0] == "worse"


def test_a_slower_one_is_worse_and_a_little_slower_one_is_not() -> None:
    other = decided(*[WRONG_PATH] * 60)
    assert outcome(decided(*[RIGHT] * 60, ms=80), other) == (
        "worse",
        "slower: 81 ms per decision against 51 ms",
    )
    assert outcome(decided(*[RIGHT] * 60, ms=53), other)[0] == "better"


def test_the_same_is_not_worse_and_enough_only_where_it_is_said_to_be() -> None:
    same = decided(*[RIGHT] * 100, *["answer"] * 20)
    found = compared(same, same)
    assert found.outcome == "not worse"
    assert not found.allowed() and found.allowed(not_worse_is_enough=True)


def test_a_few_cases_prove_nothing() -> None:
    found = outcome(decided(RIGHT, RIGHT, RIGHT, WRONG_PATH), decided(RIGHT, WRONG_PATH, RIGHT, RIGHT))
    assert found[0] == "unclear"
    assert found[1].startswith("unclear, more cases are needed: call accuracy 75.0% against 75.0% in 4 cases")


def test_fewer_cases_than_are_needed_prove_nothing_whatever_they_say() -> None:
    mine, other = decided(*[RIGHT] * 29), decided(*[WRONG] * 29)
    found = compared(mine, other)
    assert found.outcome == "not enough" and not found.allowed(not_worse_is_enough=True)
    assert found.said.startswith("not enough to prove: 29 held-out decisions, 30 are needed")
    assert "1 more; name a file of more cases" in found.said
    assert compared(mine, other, least=29).outcome == "better"


def test_one_gained_case_is_chance() -> None:
    assert outcome(decided(*[RIGHT] * 10), decided(*[RIGHT] * 9, WRONG_PATH))[0] == "not worse"


def test_only_the_same_cases_can_be_compared() -> None:
    for other in (decided(RIGHT), []):
        with pytest.raises(TrialError, match="were not asked the same cases"):
            shares(decided(RIGHT, RIGHT), other)
    with pytest.raises(TrialError):
        shares([], [])


def test_what_was_not_timed_has_no_speed() -> None:
    assert speed(decided("broken"), decided(RIGHT)) is None
    found = speed(decided(*[RIGHT] * 30, ms=100), decided(*[RIGHT] * 30, ms=50))
    assert found is not None and found.low <= found.ratio <= found.high
    assert found.ratio == pytest.approx(101 / 51, abs=1e-3)


@pytest.mark.parametrize(
    ("gained", "lost", "chance"), [(0, 0, 1), (5, 5, 1), (6, 0, 2 / 64), (1, 9, 22 / 1024)]
)
def test_the_exact_test_of_mcnemar(gained: int, lost: int, chance: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(chance)
    assert 0 < mcnemar(3000, 0) < 1e-300 or mcnemar(3000, 0) == 0
