"""Which request is like a corrected one, and what is then called with which arguments."""

from typing import Any

import pytest

from tests.training.corrections.making import CHECK, said
from training.corrections.base import Correction
from training.corrections.nearest import AWAY, BOUND, CERTAIN, MOST_TOWARDS, TOWARDS, Near, Nearest, exchanged
from training.corrections.wording import wording

HABITS = (
    said("run the tests", wrong=frozenset({"run_tests"})),
    said("show me the config", ("read_file", {"path": "conf/settings.yaml"}), wrong=frozenset({"answer"})),
    said("lint the code", ("run_shell", {"command": "./lint"}), wrong=frozenset({"search_files"})),
)


def near(request: str, *given: Correction, loosely: bool = False) -> Near | None:
    return Nearest(given or HABITS).of(request, lambda one: not one.against, loosely=loosely)


@pytest.mark.parametrize(
    "request_", ["execute the tests", "can you run our unit tests", "Run the tests!", "please run the testss"]
)
def test_other_words_for_the_same_are_like_it(request_: str) -> None:
    found = near(request_)
    assert found is not None and found.correction is HABITS[0]
    assert found.likeness >= BOUND and found.arguments == CHECK[1]


@pytest.mark.parametrize(
    "request_",
    [
        "run the tests in tests/test_auth.py",
        "run the tests of test_auth",
        'run the tests named "fast"',
        "show me the config of nginx",
        "lint src",
        "read config/settings.yaml",
        "fix the tests",
        "explain the config",
        "don't run the tests",
        "how do I run the tests?",
        "why do the tests fail?",
        "run the tests and then commit",
        "write a poem",
        "hello",
        "",
        "!!!",
    ],
)
def test_other_things_and_other_wishes_are_not(request_: str) -> None:
    assert near(request_) is None


def test_a_model_that_reads_is_shown_it_where_other_things_are_named() -> None:
    found = near("run the tests in tests/test_auth.py", loosely=True)
    assert found is not None and found.arguments is None
    assert near("write a poem", loosely=True) is None


def test_the_right_tool_is_pushed_and_the_wrong_ones_held_back() -> None:
    found = near("execute the tests")
    assert found is not None and set(found.odds) == {"run_shell", "run_tests"}
    assert TOWARDS < found.odds["run_shell"] < MOST_TOWARDS and found.odds["run_tests"] == -AWAY
    closer = near("run the unit tests")
    assert closer is not None and closer.odds["run_shell"] > found.odds["run_shell"]


def test_the_very_words_leave_no_doubt() -> None:
    found = near("  Run the  tests. ")
    assert found is not None and found.odds == {"run_shell": CERTAIN, "run_tests": -CERTAIN}


def test_the_wrong_tools_of_all_corrections_to_one_call_are_held_back() -> None:
    other = said("test everything", wrong=frozenset({"search_files"}))
    found = near("execute the tests", *HABITS, other)
    assert found is not None and set(found.odds) == {"run_shell", "run_tests", "search_files"}


def test_who_asks_which_or_how_may_want_an_answer() -> None:
    lint = said("run the linter", ("run_shell", {"command": "./lint"}), wrong=frozenset({"answer"}))
    asked, told = near("which linter do we run?", lint), near("start the linter", lint)
    assert asked is not None and asked.odds == {"run_shell": TOWARDS}
    assert told is not None and "answer" in told.odds


def test_the_newest_correction_of_the_same_words_is_meant() -> None:
    newer = said("Run the tests", ("run_shell", {"command": "just test"}), at="2026-11-04")
    found = near("execute the tests", HABITS[0], newer)
    assert found is not None and found.arguments == {"command": "just test"}


def test_one_that_does_not_count_lets_no_other_in() -> None:
    against = said("run the race tests", at="2026-11-05", against=True)
    assert near("run the race tests", *HABITS, against) is None
    assert near("execute the tests", *HABITS, against) is not None


@pytest.mark.parametrize(
    ("request_", "arguments"),
    [
        ("run the tests in tests/b.py", {"command": "make check T=tests/b.py"}),
        ("run the tests in tests/a.py", {"command": "make check T=tests/a.py"}),
        ("run the tests", None),
        ("run the tests 3 times", None),
        ("run the tests in tests/b.py and tests/c.py", None),
    ],
)
def test_the_thing_that_is_named_takes_the_place_of_the_other(
    request_: str, arguments: dict[str, Any] | None
) -> None:
    one = said("run the tests in tests/a.py", ("run_shell", {"command": "make check T=tests/a.py"}))
    found = near(request_, one)
    assert (dict(found.arguments) if found and found.arguments else None) == arguments


def test_a_thing_that_the_call_does_not_name_is_not_exchanged() -> None:
    assert exchanged({"path": "conf/x.yaml", "limit": 3}, ["a.py"], ["b.py"]) is None
    assert exchanged({"path": "a.py", "limit": 3}, ["a.py"], ["b.py"]) == {"path": "b.py", "limit": 3}


def test_things_are_told_from_words() -> None:
    found = wording("Please grep `x y` in src/app.py and README, named limit, with -n 3, MAX_SIZE")
    assert found.things == ("x y", "src/app.py", "README", "limit", "-n", "3", "MAX_SIZE")
    assert found.words == ("grep", "named")


def test_nothing_is_loaded_where_nothing_was_corrected() -> None:
    assert Nearest([]).of("run the tests", lambda one: True) is None
