"""The arena as a person uses it, with contenders that say what they are told to."""

from collections.abc import Iterator

import pytest

from assistant.tui.screens.arena import ArenaScreen
from tests.assistant.test_arena import Says, arena_of, asked
from tests.assistant.tui.driving import Driver, driving, shown, until
from tests.assistant.tui.fake_chat import FakeChat
from training.events import open_log
from training.events.base import EventLog
from training.student.base import StudentError


@pytest.fixture
def log() -> Iterator[EventLog]:
    log = open_log()
    yield log
    log.close()


def choice(pilot: Driver, name: str) -> str:
    """The key for the side on which that contender stands."""
    row = next(line for line in shown(pilot).splitlines() if f"{name} on" in line)
    other = "two" if name == "one" else "one"
    return "1" if row.index(f"{name} on") < row.index(f"{other} on") else "2"


@pytest.mark.slow
async def test_votes_are_cast_by_key_and_the_result_is_hidden_until_it_is_asked_for(log: EventLog) -> None:
    asked(log, "read", "run")
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = ArenaScreen(arena_of(log))
        pilot.app.push_screen(screen)
        await until(pilot, lambda: "one on run" in shown(pilot))
        await pilot.press(choice(pilot, "one"))
        await until(pilot, lambda: "one on read" in shown(pilot) and "1 vote so far" in shown(pilot))
        await pilot.press("e")
        await until(pilot, lambda: "No request of yours is left" in shown(pilot))
        assert "preferred" not in shown(pilot)
        await pilot.press("r")
        await until(pilot, lambda: "one was preferred to two in 1 of 1" in shown(pilot))


@pytest.mark.slow
async def test_a_request_of_ones_own_is_asked_and_the_same_choice_is_passed_over(log: EventLog) -> None:
    asked(log, "read", "run")
    async with driving(FakeChat(), size=(200, 60)) as pilot:
        screen = ArenaScreen(arena_of(log, text="both"))
        pilot.app.push_screen(screen)
        await until(pilot, lambda: "No request of yours is left" in shown(pilot))
        await pilot.press("1", "slash")
        await pilot.press("1", "2", "enter")
        await until(pilot, lambda: "there is nothing to vote on" in shown(pilot))
        await pilot.press("slash", "escape", "escape")
        await until(pilot, lambda: pilot.app.screen is not screen)
        assert screen._arena.standing().votes == 0


@pytest.mark.slow
async def test_a_student_that_cannot_be_loaded_is_said_and_both_are_ended(log: EventLog) -> None:
    arena = arena_of(log)
    broken, other = arena._pair

    async def refuse() -> None:
        raise StudentError("one.gguf is damaged\x1b[2J")

    broken.start = refuse  # type: ignore[method-assign]
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = ArenaScreen(arena)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: "one.gguf is damaged" in shown(pilot))
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.screen is not screen)
    assert isinstance(other, Says) and other.open == 0
