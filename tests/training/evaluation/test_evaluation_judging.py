"""Right tools and right calls: values exactly, any of several decisions, all of them where it says so."""

from typing import Any

import pytest

from tests.training.evaluation.cases_under_test import case, expected, made
from training.evaluation.judging import judge

READ = expected("read_file", path=["src/a.py", "./src/a.py"])
LIST = expected("list_files", path=["src", None])


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        ({"path": "src/a.py"}, True),
        ({"path": "./src/a.py"}, True),
        ({"path": "srcapy"}, False),
        ({"path": "SRC/a.py"}, False),
        ({"path": "src/a.py", "start_line": 1}, False),
        ({}, False),
    ],
)
def test_a_path_is_compared_exactly_and_nothing_may_be_added(arguments: dict[str, Any], right: bool) -> None:
    verdict = judge(case(READ), made(("read_file", arguments)))
    assert (verdict.tool, verdict.call) == (True, right)
    assert bool(verdict.why) is not right


@pytest.mark.parametrize(
    ("values", "value", "right"),
    [
        (["*"], "anything", True),
        (["*"], ..., True),
        ([None, 3], ..., True),
        ([""], ..., True),
        ([3], ..., False),
        ([3], 3.0, True),
        ([1], True, False),
        ([True], 1, False),
        ([[1, {"a": True}]], [1, {"a": True}], True),
        ([[1, {"a": True}]], [1, {"a": 1}], False),
        ([[1, 2]], [1], False),
        ([{"a": 1}], {"b": 1}, False),
        (["3"], 3, False),
    ],
)
def test_what_a_value_may_be(values: list[Any], value: Any, right: bool) -> None:
    given = {"path": "a"} if value is ... else {"path": "a", "start_line": value}
    wanted = expected("read_file", path=["a"], start_line=values)
    assert judge(case(wanted), made(("read_file", given))).call is right


def test_any_one_of_the_expected_is_right() -> None:
    both = case(READ, LIST)
    assert judge(both, made(("list_files", {}))).call
    assert judge(both, made(("list_files", {}), ("read_file", {"path": "src/a.py"}))).call
    assert not judge(both, made(("list_files", {}), ("read_file", {"path": "b.py"}))).call
    wrong = judge(both, made(("list_files", {}), ("git_diff", {})))
    assert (wrong.tool, wrong.why) == (False, "called list_files, git_diff, expected read_file or list_files")


def test_all_of_the_expected_are_right_together_in_any_order() -> None:
    one, other = expected("read_file", path=["a"]), expected("read_file", path=["*"])
    both = case(one, other, rule="all")
    assert judge(both, made(("read_file", {"path": "a"}), ("read_file", {"path": "b"}))).call
    assert judge(both, made(("read_file", {"path": "b"}), ("read_file", {"path": "a"}))).call
    assert not judge(both, made(("read_file", {"path": "b"}), ("read_file", {"path": "c"}))).call
    once = judge(both, made(("read_file", {"path": "a"})))
    assert (once.tool, once.call) == (False, False)


def test_an_answer_is_right_where_it_is_expected_and_its_text_is_not_judged() -> None:
    wants = case(expected("answer"), expected("list_files"))
    assert judge(wants, made()).call
    assert judge(wants, made(answer="whatever")).tool
    verdict = judge(case(READ), made())
    assert (verdict.tool, verdict.why) == (False, "answered, expected read_file")


def test_what_could_not_be_parsed_is_wrong_whatever_was_expected() -> None:
    for right in (READ, expected("answer")):
        verdict = judge(case(right), made(problem="cut"))
        assert (verdict.tool, verdict.call, verdict.why) == (False, False, "cut")


def test_the_reason_shows_the_call_and_the_nearest_right_one() -> None:
    verdict = judge(case(LIST, READ), made(("read_file", {"path": "b.py"})))
    assert verdict.why == (
        "read_file {\"path\": \"b.py\"}, expected read_file(path='src/a.py' | './src/a.py')"
    )


def test_of_many_acceptable_values_the_first_are_shown() -> None:
    many = expected("list_files", path=[None, ".", "./", "src"])
    verdict = judge(case(many), made(("list_files", {"path": "lib"})))
    assert verdict.why.endswith("expected list_files(path=left out | '.' | './' | ...)")
