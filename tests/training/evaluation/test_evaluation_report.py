"""The figures of an evaluation, on decisions whose figures can be counted by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.evaluation.cases_under_test import WEATHER, case, expected, made
from tools.protocol.openai_form import read_tools
from training.evaluation.calibration import Calibrated
from training.evaluation.cases import Case
from training.evaluation.fitted import keep_fitted, thresholds
from training.evaluation.predictions import CUT, Prediction
from training.evaluation.report import Result, decisions_of, report, results
from training.student.other_tools import for_tools
from training.student.prompt import shipped_prompt
from training.student.settings import StudentSettings
from training.student.temperatures import find

READ = expected("read_file", path=["a.py"])
RIGHT = ("read_file", {"path": "a.py"})


def sure(name: str, share: float) -> tuple[tuple[tuple[str, float], ...], ...]:
    return (((name, share), ("git_diff", 1 - share)),)


def judged(*pairs: tuple[Case, Prediction]) -> list[Result]:
    numbered = [
        (replace(one, id=str(index)), replace(done, case_id=str(index)))
        for index, (one, done) in enumerate(pairs)
    ]
    return results([one for one, _ in numbered], [done for _, done in numbered])


FOUR = judged(
    (case(READ, tags=("x",)), made(RIGHT, latency_ms=10, prompt_tokens=100)),
    (case(READ, tags=("x", "y")), made(("read_file", {"path": "b.py"}), latency_ms=20, prompt_tokens=101)),
    (case(expected("answer")), made(latency_ms=30, prompt_tokens=102)),
    (case(expected("answer")), made(problem=CUT, latency_ms=4000, prompt_tokens=999)),
)


def test_shares_are_of_all_cases_and_restraint_of_those_that_want_an_answer() -> None:
    facts = report(FOUR)
    assert (facts["cases"], facts["tool_accuracy"], facts["call_accuracy"]) == (4, 0.75, 0.5)
    assert (facts["restraint"], facts["parse_rate"]) == (0.5, 0.75)
    assert [one["id"] for one in facts["failures"]] == ["1", "3"]
    assert facts["failures"][1]["got"] == []
    assert "bfcl_accuracy" not in facts


def test_speed_and_size_are_of_what_was_decided() -> None:
    facts = report(FOUR)
    assert facts["latency_ms"] == {"p50": 20, "p95": 30, "p99": 30}
    assert facts["prompt_tokens"] == 101


def test_groups_are_by_tag_and_by_the_tool_that_is_right() -> None:
    facts = report(FOUR)
    assert facts["tags"]["x"] == {"cases": 2, "tool_accuracy": 1.0, "call_accuracy": 0.5}
    assert facts["tags"]["y"]["call_accuracy"] == 0.0
    assert {name: one["cases"] for name, one in facts["tools"].items()} == {"answer": 2, "read_file": 2}


def test_the_interval_holds_the_share_and_narrows_with_more_cases() -> None:
    few = report(FOUR)["call_accuracy_95"]
    many = report(FOUR * 25)["call_accuracy_95"]
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert report(FOUR[:1])["call_accuracy_95"][1] == 1.0


def test_a_student_without_a_confidence_has_no_error_of_it() -> None:
    facts = report(FOUR)
    assert (facts["ece"], facts["ece_uncalibrated"]) == (None, None)


def test_confidence_is_judged_by_the_name_also_where_its_call_was_cut() -> None:
    found = judged(
        (case(READ), made(problem=CUT, branches=sure("read_file", 0.9), confidence=0.6)),
        (case(READ), made(branches=sure("answer", 0.9), confidence=0.6)),
    )
    assert [right for _, right in decisions_of(found)] == [True, False]
    facts = report(found)
    assert facts["ece"] == pytest.approx(0.1)
    assert facts["ece_uncalibrated"] == pytest.approx(0.4)


def test_a_confidence_counts_also_where_there_was_only_one_name_to_choose() -> None:
    found = judged((case(READ), made(RIGHT, confidence=0.7)), (case(READ), made(confidence=0.7)))
    facts = report(found)
    assert (facts["ece"], facts["ece_uncalibrated"]) == (pytest.approx(0.2), None)


def test_a_fit_is_kept_for_the_prompts_that_the_cases_were_shown(private_home: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF")
    settings, small = StudentSettings(model=str(model)), shipped_prompt("small")
    foreign = read_tools([WEATHER])
    fitted = Calibrated(temperature=2.0, decisions=200, right=0.5, ece_before=0.3, ece_after=0.1)

    keep_fitted(fitted, [case(READ, signatures=foreign)], settings, small)
    assert find(settings, small) is None
    kept = find(settings, for_tools(small, foreign))
    assert kept and kept.temperature == 2.0

    keep_fitted(fitted, [case(READ), case(READ, signatures=foreign)], settings, small)
    assert find(settings, small)


def test_a_bound_asks_instead_of_calling_and_leaves_what_is_surer() -> None:
    found = judged(
        (case(READ), made(RIGHT, branches=sure("read_file", 0.95))),
        (case(READ), made(RIGHT, branches=sure("read_file", 0.65))),
        (case(READ), made(("git_diff", {}), branches=sure("run_shell", 0.55))),
        (case(READ), made(branches=sure("answer", 0.99))),
    )
    rows = {row["ask_below"]: row for row in thresholds(found, 1.0)}
    assert rows[0.0] == {"ask_below": 0.0, "asked": 0.0, "right": 0.6667}
    assert rows[0.6] == {"ask_below": 0.6, "asked": 0.3333, "right": 1.0}
    assert rows[0.9]["asked"] == 0.6667
