"""Two students, asked the same: nothing tells which is which, and a vote is for who was preferred."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.arena import Arena, own_requests, text_of
from assistant.arena_pairs import sides
from assistant.tui.arena_text import standing_text, votes_text
from tests.training.registry.students import parts
from tools.calls import ToolCall
from training.evaluation.votes import Standing, standing
from training.events import open_log
from training.events.base import EventLog
from training.events.decisions import DecisionRecorder
from training.registry import Registry
from training.student.base import Decision


class Says:
    """A contender that answers with its own name, or with what it was told to."""

    def __init__(self, name: str, text: str = "") -> None:
        self.id = name
        self.text = text
        self.open = 0

    async def start(self) -> None:
        self.open += 1

    async def reply(self, request: str) -> str:
        return self.text or f"{self.id} on {request}"

    async def close(self) -> None:
        self.open -= 1


@pytest.fixture
def log() -> Iterator[EventLog]:
    log = open_log()
    yield log
    log.close()


def asked(log: EventLog, *requests: str) -> None:
    """Decisions that the person's requests led to."""
    for request in requests:
        recorder = DecisionRecorder(log, "session")
        recorder.selected(context={"request": request}, tools_available=[{"name": "x"}], tool_selected="x")


def arena_of(log: EventLog, seed: int = 1, text: str = "") -> Arena:
    return Arena(log, Says("one", text), Says("two", text), random.Random(seed))  # type: ignore[arg-type]


def test_the_persons_requests_come_once_the_newest_first_and_not_those_that_are_known(log: EventLog) -> None:
    asked(log, "read it", "run it", "read it", "  ", "stop")
    assert own_requests(log, {"run it": "won"}) == ["stop", "read it"]


async def test_a_vote_is_for_who_was_preferred_wherever_it_stood(log: EventLog) -> None:
    arena = arena_of(log)
    sides_seen = set()
    for number in range(20):
        made = await arena.ask(f"request {number}")
        sides_seen.add(made.swapped)
        assert made.decisions() == (f"one on request {number}", f"two on request {number}")
        arena.vote(made, "left" if made.left.startswith("one") else "right")
    assert sides_seen == {True, False}, "left and right are drawn"
    assert (arena.standing().won, arena.standing().lost) == (20, 0)
    arena.vote(await arena.ask("request 0"), "neither")
    assert arena.standing() == standing(["won"] * 19 + ["neither"])


async def test_what_was_voted_on_does_not_come_again(log: EventLog) -> None:
    asked(log, "read it", "run it")
    arena = arena_of(log)
    assert arena.next_request() == "run it"
    arena.vote(await arena.ask("run it"), "equal")
    later = arena_of(log)
    assert (later.next_request(), later.next_request()) == ("read it", None)


async def test_the_same_choice_is_no_choice_and_both_end_with_the_arena(log: EventLog) -> None:
    one, two = Says("one", "same"), Says("two", "same")
    arena = Arena(log, one, two)  # type: ignore[arg-type]
    await arena.start()
    assert (one.open, two.open) == (1, 1)
    assert (await arena.ask("x")).same
    await arena.close()
    assert (one.open, two.open) == (0, 0)


def test_a_decision_is_shown_as_its_calls_or_its_answer() -> None:
    calls = (ToolCall("1", "read_file", {"path": "a"}), ToolCall("2", "git_diff", {}))
    assert text_of(Decision(calls=calls)) == 'read_file {"path": "a"}\ngit_diff {}'
    assert text_of(Decision(answer=" yes ")) == "yes" and text_of(Decision()) == "(nothing)"


def test_how_it_stands_is_said_with_its_interval_and_not_before_it_is_asked_for() -> None:
    found = standing(["won"] * 9 + ["lost", "equal"])
    said = standing_text(found, ("one", "two"))
    assert said.startswith("one was preferred to two in 9 of 10: 90%, 95 % interval 60% to 98%")
    assert "hardly chance (1 equal, 0 neither)" in said
    assert "may be chance" in standing_text(standing(["won"]), ("one", "two"))
    assert "no vote has decided yet" in standing_text(Standing(equal=2), ("one", "two"))
    assert (
        votes_text(found, 2)
        == "11 votes so far, 2 times both chose the same; r shows the result and who is who"
    )


async def test_candidates_are_offered_first_and_the_base_last(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "students", tmp_path)
    served, fresh = (registry.add(parts(tmp_path / "from", name)) for name in ("served", "fresh"))
    registry.deploy(served.id)
    seen: list[list[str]] = []

    async def pick(_title: str, choices: Sequence[tuple[str, str]]) -> str | None:
        seen.append([value for value, _ in choices])
        return choices[0][0]

    pair = await sides(registry, pick)
    assert seen == [[fresh.id, served.id], [served.id, "base"]]
    assert pair is not None and (pair[0].id, pair[1].id) == (fresh.id, served.id)

    async def leave(_title: str, _choices: Sequence[tuple[str, str]]) -> str | None:
        return None

    assert await sides(registry, leave) is None
