"""The panel of the student's window, and /compact as the person sees it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from assistant.agent.window import Part, Use
from assistant.commands import registry
from assistant.tui.screens.window import LOOKS, WindowScreen, window_content
from assistant.window_bar import KEYS, MEANINGS
from tests.assistant.tui.driving import application, driving, said, screen_of, send, shown, started, until
from tests.assistant.tui.fake_chat import FakeChat
from training.student.base import StudentError

Compare = Callable[..., bool]
USE = Use(
    (
        Part("instructions", 23),
        Part("tools", 114, 2227),
        Part("examples", 848, 2227),
        Part("project", 310),
        Part("recap", 420, 900),
        Part("requests", 260, 2100),
        Part("student", 640),
        Part("results", 1730),
    ),
    window=8192,
    reply=768,
    compact_at=6398,
    compactions=2,
)
DONE = "compacted: 5,310 -> 1,200 tokens (4 results reduced); the session keeps all of it"


class WindowChat(FakeChat):
    """A chat whose window is known and whose compaction takes until it is cancelled or let go."""

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.broken = broken
        self.ends = asyncio.Event()
        self._compacting: asyncio.Future[list[str]] | None = None

    async def context_use(self) -> Use:
        if self.broken:
            raise StudentError("the student is gone; choose another with /model")
        return USE

    async def compact(self, focus: str = "") -> list[str]:
        async def compacting() -> list[str]:
            await self.ends.wait()
            return [DONE]

        self._compacting = asyncio.ensure_future(compacting())
        return await self._compacting

    async def cancel(self) -> None:
        if self._compacting:
            self._compacting.cancel()


def test_every_part_has_a_letter_a_look_and_a_meaning() -> None:
    assert KEYS.keys() == LOOKS.keys() == MEANINGS.keys()
    assert len(set(KEYS.values())) == len(set(LOOKS.values())) == len(KEYS)
    assert {part.name for part in USE.parts} < KEYS.keys()


@pytest.mark.parametrize("width", [20, 40, 77, 78, 100])
def test_no_line_is_wider_than_the_panel_but_the_headline_and_the_shortest_legend(width: int) -> None:
    head, _, bar, _, *legend = window_content(USE, width).plain.split("\n")
    assert head.startswith("4,345 of 8,192 tokens (53%)")
    assert len(bar) == width
    assert len(legend) == 10
    assert max(len(line) for line in legend) <= max(width, 44)
    assert any(line.endswith("your own words") for line in legend) is (width >= 78)


@pytest.mark.slow
async def test_the_panel_opens_closes_and_says_why_it_cannot() -> None:
    chat = WindowChat()
    async with driving(chat, commands=registry) as pilot:
        await send(pilot, "/context")
        await until(pilot, lambda: isinstance(pilot.app.screen, WindowScreen))
        await until(pilot, lambda: "recap" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not screen_of(pilot).busy)
        chat.broken = True
        await send(pilot, "/context")
        await until(pilot, lambda: "choose another" in said(pilot))


@pytest.mark.slow
async def test_compacting_is_seen_to_work_and_what_it_did_stays_on_the_screen() -> None:
    chat = WindowChat()
    async with driving(chat, commands=registry) as pilot:
        await send(pilot, "/compact the parser")
        await until(pilot, lambda: "compacting · Esc interrupts" in shown(pilot))
        chat.ends.set()
        await until(pilot, lambda: "5,310 -> 1,200 tokens" in shown(pilot))
        assert not screen_of(pilot).activity.running


@pytest.mark.slow
async def test_esc_ends_a_compaction_and_says_that_nothing_changed() -> None:
    async with driving(WindowChat(), commands=registry) as pilot:
        await send(pilot, "/compact")
        await until(pilot, lambda: "compacting" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "nothing has changed" in said(pilot))
        await until(pilot, lambda: not screen_of(pilot).busy)


async def _open(pilot: Pilot[int]) -> None:
    await started(pilot)
    await send(pilot, "/context")
    await until(pilot, lambda: "recap" in shown(pilot))


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "size"), [("dark", (100, 34)), ("light", (80, 24)), ("ansi", (100, 34))])
def test_context_panel(snap_compare: Compare, theme: str, size: tuple[int, int]) -> None:
    """The parts are told apart by colour and by texture, in each theme and where it is narrow."""
    before: Callable[[Pilot[int]], Awaitable[None]] = _open
    app = application(WindowChat(), theme=f"apprentice-{theme}", commands=registry)
    assert snap_compare(app, terminal_size=size, run_before=before)
