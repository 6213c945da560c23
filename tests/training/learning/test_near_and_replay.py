"""What must not change: near misses, ordinary requests, and what the log knows to be right."""

import random
from dataclasses import replace

from tests.training.corrections.making import said
from tests.training.generation.making import example, told
from training.corrections.nearest import Nearest
from training.learning.examples import MOST_REPLAYED, of_log, ordinary, replayed_count
from training.learning.near import near_misses

CORRECTIONS = [
    said("run the tests"),
    said("show me the config", ("read_file", {"path": "conf/settings.yaml"})),
    said("read notes.txt", ("read_file", {"path": "docs/notes.txt"})),
]
READ = {"name": "read_file"}


def row(request: str, path: str, **facts: object) -> dict[str, object]:
    return {
        "event_id": request, "session_id": "s", "timestamp": "2026-11-03", "model": "student",
        "context": {"request": request, "turn": [{"role": "user", "text": request}]},
        "tools_available": [READ], "tool_selected": "read_file", "tool_parameters": {"path": path},
        "outcome": {"success": True}, "review": {"verdict": "good"}, **facts,
    }  # fmt: skip


def test_near_misses_have_the_words_and_another_target() -> None:
    found = near_misses(CORRECTIONS, 2, random.Random(1))
    tests = found["run the tests"]
    assert len(tests) == 2
    assert all("the tests" in one and one != "run the tests" for one in tests)
    nearest = Nearest(CORRECTIONS)
    assert not any(nearest.of(one, lambda _: True) for near in found.values() for one in near)
    assert found["read notes.txt"] == ()  # what it means for another file is what the correction says


def test_an_ordinary_request_is_one_that_no_correction_decides() -> None:
    made = [
        example("please show the file src/cache.py"),
        told("run the tests", "no"),
        told("thank you", "Welcome."),
    ]
    assert ordinary(made, CORRECTIONS) == [made[0], made[2]]
    assert ordinary(made, CORRECTIONS, besides=[told("Thank you!", "Sure.")]) == [made[0]]


def test_a_later_turn_that_a_correction_decides_is_not_ordinary_either() -> None:
    one, other = told("thank you", "Welcome."), told("run the tests", "no")
    both = replace(one, messages=(*one.messages, *other.messages))
    assert ordinary([both], CORRECTIONS) == []


def test_the_log_replays_what_is_known_to_be_right_the_newest_of_a_request() -> None:
    rows = [
        row("open src/a.py", "src/old.py"),
        row("open src/a.py", "src/a.py"),
        row("open src/b.py", "src/b.py", review=None, outcome={"success": False}),
        row("open src/c.py", "src/c.py", review={"verdict": "bad"}),
        row("show me the config", "config.toml"),
    ]
    found = of_log(rows, CORRECTIONS)
    assert [one.messages[-1].calls[0].arguments for one in found] == [{"path": "src/a.py"}]


def test_more_is_replayed_than_learned() -> None:
    assert replayed_count(40) == 120
    assert replayed_count(1000) == MOST_REPLAYED
