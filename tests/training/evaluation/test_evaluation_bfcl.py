"""BFCL's layout and its rules. The data here is our own, in the leaderboard's form.

The rules were compared with the leaderboard's own checker on 338,544 decisions over all Python categories:
right ones, and ones with a value, a name or a count changed; not one verdict differed.
"""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.training.evaluation.cases_under_test import made
from tools.calls import ToolCall
from training.evaluation import bfcl_rules
from training.evaluation.bfcl import read_bfcl
from training.evaluation.cases import Case, CaseFileError, Expected
from training.evaluation.judging import judge

BOOK = {
    "name": "hotel.book",
    "description": "Book a room.",
    "parameters": {
        "type": "dict",
        "properties": {
            "city": {"type": "string"},
            "nights": {"type": "integer"},
            "price": {"type": "float"},
            "breakfast": {"type": "boolean"},
            "guests": {"type": "array", "items": {"type": "string"}},
            "scores": {"type": "tuple", "items": {"type": "float"}},
            "card": {"type": "dict", "properties": {"kind": {"type": "string"}}},
            "rooms": {"type": "array", "items": {"type": "dict"}},
            "note": {"type": "any"},
        },
        "required": ["city"],
    },
}
CANCEL = {"name": "hotel.cancel", "description": "Cancel.", "parameters": {"type": "dict", "properties": {}}}


def write(folder: Path, category: str, functions: list[Any], *truths: Any, version: int = 4) -> None:
    """One entry with its right calls, if there are any."""
    question = [[{"role": "user", "content": "Book a room in New York"}]]
    entry = {"id": f"{category}_0", "question": question, "function": functions}
    name = f"BFCL_v{version}_{category}.json"
    (folder / name).write_bytes(orjson.dumps(entry) + b"\n")
    if truths:
        (folder / "possible_answer").mkdir(exist_ok=True)
        truth = {"id": f"{category}_0", "ground_truth": list(truths)}
        (folder / "possible_answer" / name).write_bytes(orjson.dumps(truth) + b"\n")


def one(tmp_path: Path, **arguments: list[Any]) -> Case:
    write(tmp_path, "multiple", [CANCEL, BOOK], {"hotel.book": arguments})
    (case,) = read_bfcl(tmp_path, ["multiple"])
    return case


def test_a_category_becomes_cases_with_their_tools(tmp_path: Path) -> None:
    case = one(tmp_path, city=["New York", "NY"], nights=["", 1])
    assert (case.id, case.tags, case.rule, case.request) == (
        "multiple_0",
        ("multiple",),
        "bfcl",
        "Book a room in New York",
    )
    assert case.expected == (Expected("hotel.book", {"city": ("New York", "NY"), "nights": ("", 1)}),)
    assert [tool.name for tool in case.offered()] == ["hotel.cancel", "hotel.book", "answer"]


def test_a_category_is_not_mistaken_for_one_whose_name_ends_like_it(tmp_path: Path) -> None:
    write(tmp_path, "multiple", [BOOK], {"hotel.book": {"city": ["a"]}})
    write(tmp_path, "parallel_multiple", [BOOK], {"hotel.book": {"city": ["b"]}}, version=9)
    write(tmp_path, "live_multiple", [BOOK], {"hotel.book": {"city": ["c"]}}, version=9)
    assert read_bfcl(tmp_path, ["multiple"])[0].expected[0].arguments == {"city": ("a",)}


def test_the_highest_version_is_read_and_an_older_name_known(tmp_path: Path) -> None:
    write(tmp_path, "simple", [BOOK], {"hotel.book": {"city": ["old"]}}, version=3)
    assert read_bfcl(tmp_path, ["simple_python"])[0].expected[0].arguments == {"city": ("old",)}
    write(tmp_path, "simple_python", [BOOK], {"hotel.book": {"city": ["new"]}}, version=10)
    assert read_bfcl(tmp_path, ["simple_python"])[0].expected[0].arguments == {"city": ("new",)}


@pytest.mark.parametrize("damage", ["", "{", '{"id": "multiple_0"}'])
def test_what_is_missing_or_in_another_form_is_said(tmp_path: Path, damage: str) -> None:
    with pytest.raises(CaseFileError, match=r"no BFCL_v\*_multiple.json"):
        read_bfcl(tmp_path, ["multiple"])
    one(tmp_path, city=["a"])
    (tmp_path / "possible_answer" / "BFCL_v4_multiple.json").write_text(damage)
    with pytest.raises(CaseFileError, match=r"^[^\n]+$"):
        read_bfcl(tmp_path, ["multiple"])


@pytest.mark.parametrize(
    ("acceptable", "value", "right"),
    [
        ({"city": ["New York, N.Y."]}, {"city": "new york NY"}, True),
        ({"city": ["O'Hare"]}, {"city": 'o"hare'}, True),
        ({"city": ["Paris"]}, {"city": "Rome"}, False),
        ({"city": ["Paris"]}, {}, False),
        ({"city": ["Paris"], "nights": [2]}, {"city": "Paris"}, False),
        ({"city": ["Paris"], "nights": ["", 2]}, {"city": "Paris"}, True),
        ({"city": ["Paris"], "nights": [2]}, {"city": "Paris", "nights": 2.0}, False),
        ({"city": ["Paris"], "nights": [1]}, {"city": "Paris", "nights": True}, False),
        ({"city": ["Paris"], "nights": ["n"]}, {"city": "Paris", "nights": "n"}, True),
        ({"city": ["Paris"], "price": [80]}, {"city": "Paris", "price": 80}, True),
        ({"city": ["Paris"], "price": [80.5]}, {"city": "Paris", "price": "80.5"}, False),
        ({"city": ["Paris"]}, {"city": "Paris", "price": 80.0}, False),
        ({"city": ["Paris"]}, {"city": "Paris", "stars": 5}, False),
        ({"city": ["Paris"], "guests": [["Ann", "Bo"]]}, {"city": "Paris", "guests": ["ann", "BO"]}, True),
        ({"city": ["Paris"], "guests": [["Ann", "Bo"]]}, {"city": "Paris", "guests": ["Bo", "Ann"]}, False),
        ({"city": ["Paris"], "guests": [["Ann"]]}, {"city": "Paris", "guests": [1]}, False),
        ({"city": ["Paris"], "guests": ["", ["Ann"]]}, {"city": "Paris", "guests": []}, True),
        ({"city": ["Paris"], "scores": [[1.5, 2.0]]}, {"city": "Paris", "scores": [1.5, 2]}, False),
        ({"city": ["Paris"], "scores": [[1, 2]]}, {"city": "Paris", "scores": [1, 2]}, True),
        (
            {"city": ["Paris"], "card": [{"kind": ["Visa"]}]},
            {"city": "Paris", "card": {"kind": "visa"}},
            True,
        ),
        ({"city": ["Paris"], "card": [{"kind": ["Visa"]}]}, {"city": "Paris", "card": {"no": "1"}}, False),
        ({"city": ["Paris"], "card": [{"kind": ["", "Visa"]}]}, {"city": "Paris", "card": {}}, True),
        ({"city": ["Paris"], "rooms": [[{"n": [1]}]]}, {"city": "Paris", "rooms": [{"n": 1}]}, True),
        ({"city": ["Paris"], "rooms": [[{"n": [1]}]]}, {"city": "Paris", "rooms": [{"n": 1}, {}]}, False),
        ({"city": ["Paris"], "rooms": ["", [{"n": [1]}]]}, {"city": "Paris", "rooms": ["x"]}, False),
        ({"city": ["Paris"], "note": ["Late."]}, {"city": "Paris", "note": "late"}, True),
        ({"city": ["Paris"], "note": [7]}, {"city": "Paris", "note": 7}, True),
    ],
)
def test_the_rules_of_the_leaderboard(
    tmp_path: Path, acceptable: dict[str, Any], value: dict[str, Any], right: bool
) -> None:
    case = one(tmp_path, **acceptable)
    assert bfcl_rules.right(case, [ToolCall("", "hotel.book", value)]) is right


def test_parallel_calls_are_right_in_any_order_and_none_may_be_more_or_less(tmp_path: Path) -> None:
    truths = [{"hotel.book": {"city": [city]}} for city in ("Rome", "Oslo")]
    write(tmp_path, "parallel", [BOOK], *truths)
    (case,) = read_bfcl(tmp_path, ["parallel"])
    rome, oslo = (("hotel.book", {"city": city}) for city in ("Rome", "Oslo"))
    assert judge(case, made(oslo, rome)).call
    for calls in ([rome], [rome, rome], [rome, oslo, rome]):
        verdict = judge(case, made(*calls))
        assert not verdict.call and verdict.bfcl is False


def test_a_call_that_fits_is_not_taken_for_an_equal_one_that_does_not(tmp_path: Path) -> None:
    truths = [{"hotel.book": {"city": ["Rome"], "nights": [5]}}] * 2
    write(tmp_path, "parallel", [BOOK], *truths)
    (case,) = read_bfcl(tmp_path, ["parallel"])
    one, other = (("hotel.book", {"city": "Rome", "nights": nights}) for nights in (5.0, 5))
    assert judge(case, made(other, other)).bfcl
    assert judge(case, made(one, other)).bfcl is False


@pytest.mark.parametrize(
    ("wanted", "given", "exact"),
    [
        ("src/app.py", "srcapp_py", False),
        ("src/app.py", "src/App.py", False),
        ("src/app.py", "src/app.py", True),
        ("/etc/hosts", "/etc/hosts", True),
        ("report.xlsx", "report_xlsx", False),
        ("https://a.org/x", "https:aorgx", False),
        ("April 1, 2024", "april 1 2024", True),
        ("01/02/2024", "01-02-2024", True),
        ("km/h", "kmh", True),
    ],
)
def test_paths_are_compared_exactly_beside_the_leaderboards_own_verdict(
    tmp_path: Path, wanted: str, given: str, exact: bool
) -> None:
    verdict = judge(one(tmp_path, city=[wanted]), made(("hotel.book", {"city": given})))
    assert (verdict.bfcl, verdict.call) == (True, exact)


def test_irrelevance_wants_no_call_and_an_answer_that_was_parsed(tmp_path: Path) -> None:
    write(tmp_path, "irrelevance", [BOOK])
    (case,) = read_bfcl(tmp_path, ["irrelevance"])
    assert case.wants_answer
    assert judge(case, made()).call
    called = judge(case, made(("hotel.book", {"city": "x"})))
    assert (called.call, called.bfcl) == (False, False)
    broken = judge(case, made(problem="no call"))
    assert (broken.call, broken.bfcl) == (False, True)


def test_relevance_wants_some_call(tmp_path: Path) -> None:
    write(tmp_path, "live_relevance", [BOOK])
    (case,) = read_bfcl(tmp_path, ["live_relevance"])
    assert not case.wants_answer
    assert judge(case, made(("hotel.book", {"city": "x"}))).call
    assert not judge(case, made()).call
