"""The same is asked in other words and orders; what is counted is whether it is decided the same."""

from collections.abc import Sequence

import pytest

from tests.training.evaluation.cases_under_test import expected
from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message
from training.evaluation.cases import Case
from training.evaluation.consistency import consistency_report, in_orders
from training.evaluation.predictions import Prediction
from training.evaluation.report import results

READ = ("read_file", {"path": "a.py"})
DOTTED = ("read_file", {"path": "./a.py"})
OTHER = ("read_file", {"path": "b.py"})
LIST = ("list_files", {})


def cases(*ids: str) -> tuple[Case, ...]:
    """The group of a case is the first letter of its id."""
    right = (expected("read_file", path=["a.py", "./a.py"]), expected("list_files"))
    return tuple(Case(one, (Message("user", text=one),), right, group=one[0]) for one in ids)


def judged(asked: Sequence[Case], *made: tuple[str, dict[str, str]] | None) -> dict[str, object]:
    calls = [() if one is None else (ToolCall("", *one),) for one in made]
    predictions = [Prediction(case.id, given) for case, given in zip(asked, calls, strict=True)]
    return consistency_report(results(asked, predictions))


def test_every_case_is_asked_in_every_order_and_orders_are_the_same_for_all() -> None:
    asked = in_orders(cases("a1", "a2"), 2)
    assert [case.id for case in asked] == ["a1@0", "a2@0", "a1@1", "a2@1", "a1@2", "a2@2"]
    names = [[tool.name for tool in case.offered()] for case in asked]
    assert names[0] == names[1] != names[2] == names[3] != names[4] == names[5]
    assert all(sorted(one) == sorted(names[0]) and one[-1] == ANSWER for one in names)
    assert asked == in_orders(cases("a1", "a2"), 2)


@pytest.mark.parametrize(
    ("made", "same", "right"),
    [
        ((READ, READ, READ), 1.0, 1.0),
        ((READ, DOTTED, READ), 1.0, 1.0),
        ((READ, LIST, READ), 0.6667, 1.0),
        ((OTHER, OTHER, OTHER), 1.0, 0.0),
        ((READ, OTHER, READ), 0.6667, 0.6667),
        ((None, None, READ), 0.6667, 0.3333),
    ],
)
def test_the_same_is_what_most_of_a_group_were_decided(
    made: tuple[tuple[str, dict[str, str]] | None, ...], same: float, right: float
) -> None:
    facts = judged(in_orders(cases("a1", "a2", "a3"), 0), *made)
    assert facts["asks"]["same"] == same and facts["asks"]["right"] == right  # type: ignore[index]
    assert facts["groups"] == {"count": 1, "same": float(same == 1.0), "right": float(right == 1.0)}


def test_groups_and_orders_are_told_apart_and_failures_say_what_was_decided() -> None:
    asked = in_orders(cases("a1", "a2", "b1"), 1)
    facts = judged(asked, READ, READ, READ, READ, OTHER, READ)
    assert facts["groups"] == {"count": 2, "same": 0.5, "right": 0.5}
    assert facts["orders"] == {"count": 3, "same": 0.6667, "right": 0.6667}
    assert facts["failures"] == [
        {
            "group": "a",
            "decisions": [
                {"decision": "right: read_file", "asks": 3},
                {"decision": 'read_file {"path": "b.py"}', "asks": 1},
            ],
            "others": [{"id": "a2@1", "request": "a2"}],
        }
    ]
