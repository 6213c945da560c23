"""How the application looks. Each picture stands for something that words in a test cannot say.

After a wanted change: ``pytest tests/assistant/tui --snapshot-update``, and look at the result.
"""

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from assistant.tui.screens.pick import PickScreen, Row
from tests.assistant.tui import scenes
from tests.assistant.tui.driving import application, ask, asked, screen_of, send, started, until
from tests.assistant.tui.fake_chat import FakeChat

pytestmark = pytest.mark.slow

Compare = Callable[..., bool]
Before = Callable[[Pilot[int]], Awaitable[None]]
WIDE = (100, 34)


async def _asked(pilot: Pilot[int]) -> None:
    await started(pilot)
    await ask(pilot, scenes.QUESTION)
    await until(pilot, lambda: not screen_of(pilot).activity.running)


async def _waiting(pilot: Pilot[int]) -> None:
    await started(pilot)
    await send(pilot, "clean up, please")
    await asked(pilot)


@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
def test_chat(snap_compare: Compare, theme: str) -> None:
    """A whole turn in each theme: request, thought, calls with outcome and doubt, code, status."""
    app = application(FakeChat(scenes.search()), theme=f"apprentice-{theme}")
    assert snap_compare(app, terminal_size=WIDE, run_before=_asked)


def test_empty_state(snap_compare: Compare) -> None:
    """The first thing a person sees says what to do, and nothing else moves."""
    assert snap_compare(application(FakeChat()), terminal_size=(80, 24), run_before=started)


def test_chat_in_80x24(snap_compare: Compare) -> None:
    """The smallest common terminal: the status line leaves out the least needed."""
    assert snap_compare(application(FakeChat(scenes.search())), terminal_size=(80, 24), run_before=_asked)


def test_confirmation(snap_compare: Compare) -> None:
    """The command stands out, the keys are visible, the sandbox is named, and red says that it executes."""
    assert snap_compare(application(FakeChat(scenes.command())), terminal_size=WIDE, run_before=_waiting)


def test_confirmation_in_80x24(snap_compare: Compare) -> None:
    """The same question where room is short: the whole choice fits into one line."""
    assert snap_compare(application(FakeChat(scenes.command())), terminal_size=(80, 24), run_before=_waiting)


def test_diff_before_a_write(snap_compare: Compare) -> None:
    """Added and removed lines differ in sign, colour and background before anything is written."""
    assert snap_compare(application(FakeChat(scenes.write())), terminal_size=WIDE, run_before=_waiting)


def test_diff_after_a_write_and_a_failed_program(snap_compare: Compare) -> None:
    """What was done stays readable: the diff with its counts, the exit code in red."""
    app = application(FakeChat(scenes.work()), theme="apprentice-light")
    assert snap_compare(app, terminal_size=WIDE, run_before=_asked)


def test_help(snap_compare: Compare) -> None:
    """Commands and keys in aligned columns over the dimmed chat."""

    async def opened(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: pilot.app.screen is not screen_of(pilot))

    assert snap_compare(application(FakeChat()), terminal_size=WIDE, run_before=opened)


def test_session_list(snap_compare: Compare) -> None:
    """When, how long and what about, in columns; the marked row is plain to see."""
    rows = [
        Row("a", ("2026-03-01 09:12", "4 turns", "Find the parser")),
        Row("b", ("2026-02-27 17:40", "12 turns", "Tests of the sandbox on a machine without Docker")),
        Row("c", ("2026-02-27 08:03", "1 turns", "untitled")),
    ]

    async def opened(pilot: Pilot[int]) -> None:
        await started(pilot)
        pilot.app.push_screen(PickScreen("Sessions", rows))
        await pilot.pause()
        await pilot.press("down")

    assert snap_compare(application(FakeChat()), terminal_size=(80, 24), run_before=opened)


def test_completion(snap_compare: Compare) -> None:
    """The list stands above the prompt, the chosen row is marked by more than colour."""

    async def typed(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("/", "s", "down")

    assert snap_compare(application(FakeChat()), terminal_size=(80, 24), run_before=typed)
