"""Who was right: each source with its strength, and what is nothing at all."""

from typing import Any

import pytest

from tests.training.curation.rows import review, row
from tools.calls import Risk
from tools.registry import builtin_registry
from training.labels.label import LOOKING, NOBODY_THERE, WEAK, label_of, score

RUN = {"command": "make"}


def after(**changes: Any) -> dict[str, Any]:
    return {"followed": True, "against": "", "proof": "", **changes}


def answer(**outcome: Any) -> dict[str, Any]:
    given = row("what is it", "answer", {"text": "it is 3"})
    return {**given, "outcome": {**given["outcome"], **outcome}}


def run(verdict: str = "", reason: str = "", **changes: Any) -> dict[str, Any]:
    said = review(verdict, reason=reason) if verdict else None
    return row("build it", "run_shell", RUN, review=said, **changes)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (run("good"), ("said", "positive", 1.0)),
        (run("good", success=False), ("said", "positive", 1.0)),
        (run("bad"), ("said", "negative", 1.0)),
        (run("refused", "not that one"), ("said", "negative", 0.9)),
        (run("refused"), ("said", "negative", WEAK)),
        (run("undone"), ("said", "negative", 0.8)),
        (run("rewound"), ("said", "negative", 0.5)),
        (row("x", review=review("undone")), ("none", "nothing", 0.0)),
        (row("x", review=review("corrected", "run_shell", RUN)), ("said", "correction", 1.0)),
        (row("x", review=review("bad", "run_shell", RUN)), ("said", "correction", 1.0)),
        (row("x", review=review("corrected", "read_file", {"path": "a.py"})), ("said", "positive", 1.0)),
        (run(after=after(proof="tests")), ("proved", "positive", 0.9)),
        (run(after=after(proof="file")), ("proved", "positive", 0.8)),
        (run(after=after(proof="tests", against="objection")), ("none", "nothing", 0.0)),
        (run(teacher_tool="run_shell", teacher_parameters=RUN), ("taught", "positive", 0.8)),
        (run(teacher_tool="read_file", teacher_confidence=0.4), ("taught", "correction", 0.4)),
        (run(), ("survived", "positive", 0.5)),
        (run("approved"), ("survived", "positive", 0.6)),
        (run("seen"), ("survived", "positive", 0.5)),
        (run(after=after(against="asked again")), ("none", "nothing", 0.0)),
        (run("approved", after=after(against="asked again")), ("none", "nothing", 0.0)),
        (run(after=after(followed=False)), ("none", "nothing", 0.0)),
        (run(after=None), ("none", "nothing", 0.0)),
        (run(success=False), ("none", "nothing", 0.0)),
        (run("approved", success=False), ("none", "nothing", 0.0)),
        (run(success=None), ("none", "nothing", 0.0)),
        (run(model="host"), ("none", "nothing", 0.0)),
        *((run("refused", reason, success=False), ("none", "nothing", 0.0)) for reason in NOBODY_THERE),
        (answer(), ("none", "nothing", 0.0)),
        (answer(grounded=True), ("proved", "positive", 0.8)),
        (answer(grounded=True, contradicted=["no"]), ("none", "nothing", 0.0)),
        ({**answer(), "teacher_grade": 0.9}, ("taught", "positive", 0.9)),
        ({**answer(), "teacher_grade": 0.5}, ("none", "nothing", 0.0)),
        ({**answer(), "review": review("good")}, ("said", "positive", 1.0)),
    ],
)
def test_each_source_has_its_strength(decision: dict[str, Any], expected: tuple[str, str, float]) -> None:
    label = label_of(decision)
    assert (label.source, label.verdict, label.strength) == expected
    assert label.why and label.is_known == (label.verdict != "nothing")


def test_a_correction_names_both_calls_and_the_reason() -> None:
    label = label_of(row("x", review=review("corrected", "run_shell", RUN, "no file")))
    assert (label.tool, label.arguments, label.reason) == ("run_shell", RUN, "no file")
    assert (label.rejected_tool, label.rejected_arguments) == ("read_file", {"path": "a.py"})


def test_an_edited_call_that_was_taken_back_is_right_no_more() -> None:
    label = label_of(
        row("x", "run_shell", RUN, review=review("undone", "run_shell", {"command": "make all"}))
    )
    assert (label.verdict, label.tool, label.rejected_tool) == ("negative", "", "run_shell")


def test_the_tools_that_change_nothing_are_those_of_the_registry() -> None:
    registry = builtin_registry()
    tools = {name: registry.get(name) for name in registry.names()}
    assert {name for name, one in tools.items() if one and one.risk in (Risk.READ, Risk.NETWORK)} == LOOKING


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (run("good", success=False), 1.0),
        (run("bad"), 0.0),
        (run("undone"), 0.0),
        (row("x", review=review("undone")), None),
        (run(teacher_tool="run_shell", teacher_parameters={}), 0.5),
        (run(teacher_tool="read_file"), 0.0),
        (run(after=None), 1.0),
        (run(success=False), 0.0),
        (run("approved", success=False), 0.0),
        (run(after=after(against="asked again")), None),
        (run(success=None), None),
        (answer(), None),
    ],
)
def test_the_strongest_evidence_decides_the_score(decision: dict[str, Any], expected: float | None) -> None:
    assert score(decision) == expected
