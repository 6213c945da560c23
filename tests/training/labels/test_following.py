"""What followed a decision: what speaks against it, and what proves it."""

from typing import Any

import pytest

from tests.training.curation.rows import review, row
from training.labels.following import followed
from training.labels.likeness import asks_again, objects

WRITE = {"path": "a.py", "content": "x = 1\ny = 2\n"}


def turn(request: str, at: int, *calls: tuple[Any, ...], **changes: Any) -> list[dict[str, Any]]:
    """The decisions of one turn that begins at ``at``; a call: tool, arguments, whether it succeeded."""
    made, said = [], [{"role": "user", "text": request}]
    for tool, arguments, *ended in calls:
        context = {"request": request, "turn": list(said), "message_index": at + len(said)}
        success, *result = (*ended, True, "")[: max(1, len(ended))] if ended else (True,)
        one = row(request, tool, arguments, success=success, context=context, **changes)
        if result:
            one["outcome"]["result"] = result[0]
        made.append(one)
        said += [{"role": "assistant", "calls": [{"tool": tool, "arguments": arguments}]}, {"role": "tool"}]
    return made


def of_first(*turns: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [one for each in turns for one in each]
    return followed(rows[::-1])[-1]["after"]


def other(at: int = 50, *calls: tuple[Any, ...]) -> list[dict[str, Any]]:
    return turn("what does this project do", at, *(calls or [("list_files", {})]))


@pytest.mark.parametrize(
    "request_after",
    [
        "no, the other one",
        "That's wrong.",
        "undo that",
        "it still fails",
        "I meant the config",
        "Revert your change",
    ],
)
def test_a_request_that_objects(request_after: str) -> None:
    assert objects(request_after)
    after = of_first(turn("delete it", 0, ("run_shell", {})), turn(request_after, 4, ("list_files", {})))
    assert after["against"] == "the next request says that it was wrong"


@pytest.mark.parametrize(
    "request_after",
    ["now list the files", "notify the user", "nothing else, thanks", "add a test", "again.py holds what?"],
)
def test_a_request_that_goes_on_does_not_object(request_after: str) -> None:
    assert not objects(request_after)


@pytest.mark.parametrize(
    ("one", "other_words", "again"),
    [
        ("run the tests", "run the tests", True),
        ("run the tests", "execute the test suite", True),
        ("fix the bug in parser.py", "the parser is broken, repair the bug", True),
        ("read a.py", "read b.py", False),
        ("list the files", "run the tests", False),
        ("show line 3", "show line 4", False),
        ("fix the typo in README.md", "explain what README.md is for", False),
    ],
)
def test_asked_again_in_other_words(one: str, other_words: str, again: bool) -> None:
    assert asks_again(one, other_words) is again


def test_a_session_that_ends_there_says_nothing() -> None:
    assert of_first(turn("list it", 0, ("list_files", {}))) == {"followed": False, "against": "", "proof": ""}
    assert of_first(turn("list it", 0, ("list_files", {})), other())["followed"]


def test_the_next_turn_of_another_session_is_none_of_this_one() -> None:
    elsewhere = [{**one, "session_id": "t"} for one in other()]
    assert not of_first(turn("list it", 0, ("list_files", {})), elsewhere)["followed"]


def test_a_call_that_is_made_again_in_its_turn_is_a_loop() -> None:
    call, edit = ("read_file", {"path": "a"}), ("edit_file", {"path": "a"})
    again = "it was called again and again"
    rows = [*turn("tidy up", 0, call, call), *other()]
    assert [one["after"]["against"] for one in followed(rows[::-1])][::-1][:2] == [again, again]
    assert of_first(turn("tidy up", 0, call, edit, call), other())["against"] == ""


def test_what_a_turn_read_is_not_right_where_the_turn_was_taken_back() -> None:
    made = turn("change it", 0, ("read_file", {"path": "a"}), ("edit_file", {"path": "a"}))
    made[1]["review"] = review("undone")
    assert of_first(made, other())["against"] == "what its turn did was taken back"


def test_tests_that_pass_after_a_write_prove_it() -> None:
    write, tests = ("write_file", WRITE), ("run_tests", {})
    assert of_first(turn("add it", 0, write, tests))["proof"] == "tests"
    assert of_first(turn("add it", 0, write, ("run_shell", {"command": "make test"})))["proof"] == "tests"
    assert of_first(turn("add it", 0, write, ("run_shell", {"command": "ls"})))["proof"] == ""
    assert of_first(turn("add it", 0, ("read_file", {}), tests))["proof"] == ""


def test_tests_that_fail_after_a_write_speak_against_it() -> None:
    failing = turn("add it", 0, ("write_file", WRITE), ("run_tests", {}, False))
    assert of_first(failing, other())["against"] == "tests failed after it"


def test_tests_that_say_now_this_and_now_that_prove_nothing() -> None:
    flaky = turn("add it", 0, ("write_file", WRITE), ("run_tests", {}, False), ("run_tests", {}))
    assert of_first(flaky, other()) == {"followed": True, "against": "", "proof": ""}


def test_a_file_that_a_later_turn_reads_as_it_was_written_stands() -> None:
    write = turn("write it", 0, ("write_file", WRITE))
    read = ("read_file", {"path": "a.py"}, True, "1 x = 1\n2 y = 2\n")
    assert of_first(write, other(9, read))["proof"] == "file"
    assert of_first(write, other(9, ("read_file", {"path": "a.py"}, True, "1 x = 1")))["proof"] == ""
    assert of_first(write, other(9, ("edit_file", {"path": "a.py"}), read))["proof"] == ""


def test_the_same_words_one_turn_later_are_two_turns() -> None:
    first = turn("run the tests", 0, ("run_tests", {}))
    assert (
        of_first(first, turn("run the tests", 4, ("run_tests", {})))["against"]
        == "the same was asked for again"
    )
    assert of_first(first, other(4), turn("run the tests", 9, ("run_tests", {})))["against"] == ""
