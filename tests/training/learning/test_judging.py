"""Whether corrections were learned, and what was lost: by students that do what they are told."""

from collections.abc import Callable, Sequence

from tests.training.corrections.making import CHECK, said
from tests.training.generation.making import told
from tools.calls import ToolCall
from training.evaluation.cases import Case, Expected
from training.evaluation.predictions import Prediction
from training.evaluation.report import Result, results
from training.learning.judging import (
    KEPT,
    KNOWN,
    NEAR,
    ORDINARY,
    figures,
    kept_cases,
    learned,
    near_case,
    objection,
    ordinary_cases,
    present,
)

RUN_TESTS = Prediction("", (ToolCall("c0", "run_tests", {}),))
RIGHT = Prediction("", (ToolCall("c0", *CHECK),))
ANSWER = Prediction("", answer="Hello!")
CASES = [
    *kept_cases(
        [(said(f"habit {at}"), f"habit {at}, {way}") for at in range(5) for way in ("please", "now")]
    ),
    *ordinary_cases([told(f"hello {at}", "Hello!") for at in range(100)]),
    near_case(0, "run the tests in src/a.py", Expected("run_tests", {})),
]
Student = Callable[[Case], Prediction]


def judged(student: Student, cases: Sequence[Case] = CASES) -> list[Result]:
    return results(cases, [student(case) for case in cases])


def present_student(case: Case) -> Prediction:
    return ANSWER if ORDINARY in case.tags else RUN_TESTS


def good(case: Case) -> Prediction:
    return RIGHT if KEPT in case.tags else present_student(case)


def forgetful(lost: int) -> Student:
    """Has learned everything, and lost some ordinary requests."""
    wrong = {f"ordinary-{at}" for at in range(lost)}
    return lambda case: RUN_TESTS if case.id in wrong else good(case)


def test_what_learned_and_lost_nothing_wins() -> None:
    before, after = judged(present_student), judged(good)
    assert objection(before, after) == ""
    assert figures(before)[KEPT].as_json() == {"cases": 10, "right_tools": 0, "right_calls": 0}
    assert figures(after)[KEPT].right_calls == 10
    assert figures(after)[ORDINARY].right_calls == figures(before)[ORDINARY].right_calls == 100
    assert figures(after)[NEAR].right_calls == 1
    assert learned(after) == [f"habit {at}" for at in range(5)]


def test_no_clear_improvement_is_refused_with_what_would_be_needed() -> None:
    before = judged(present_student)
    assert "0 of 10 right before, 0 after: no clear improvement" in objection(before, judged(present_student))
    some = judged(lambda case: good(case) if case.group in ("habit 0", "habit 1") else present_student(case))
    why = objection(before, some)
    assert "4 after: no clear improvement; still wrong: 'habit 2, please'" in why
    assert "correct these habits in more words of your own" in why
    assert learned(some) == ["habit 0", "habit 1"]


def test_one_ordinary_request_of_a_hundred_may_be_lost_and_not_two() -> None:
    before = judged(present_student)
    assert objection(before, judged(forgetful(1))) == ""
    why = objection(before, judged(forgetful(2)))
    assert "100 of 100 right before, 98 after: more than one point lost" in why
    assert "learn fewer habits at once" in why


def test_what_was_learned_before_counts_as_learned_where_it_still_is() -> None:
    cases = kept_cases([(said("old"), "old, please")], KNOWN)
    assert learned(judged(lambda case: RIGHT, cases)) == ["old"]
    assert learned(judged(lambda case: RUN_TESTS, cases)) == []


def test_a_near_miss_expects_what_the_student_decides_now() -> None:
    (result,) = judged(lambda case: RIGHT, [near_case(0, "run the tests in src/a.py")])
    found = present(result)
    assert found == Expected("run_shell", {"command": ("make check",)})
    (again,) = judged(lambda case: RUN_TESTS, [near_case(0, "run the tests in src/a.py", found)])
    assert not again.verdict.call
    (unclear,) = judged(lambda case: Prediction("", problem="cut"), [near_case(0, "x")])
    assert present(unclear) is None


def test_without_kept_wordings_nothing_is_proved() -> None:
    assert "no wording could be kept apart" in objection([], [])
