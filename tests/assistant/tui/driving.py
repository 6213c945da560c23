"""Drives the application in a test: no animation, no history file, scripted commands."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from textual.pilot import Pilot

from assistant.tui.app import ApprenticeApp
from assistant.tui.opening import Opening
from assistant.tui.screens.chat import ChatScreen
from assistant.tui.widgets.confirmation import GUARD_S, ConfirmationPanel
from tests.assistant.tui.fake_chat import FakeChat, FakeCommands

Driver = Pilot[int]
PATIENCE_S = 60.0


def application(chat: FakeChat, **options: Any) -> ApprenticeApp:
    """The application over ``chat``, with nothing that moves by itself."""
    options.setdefault("commands", FakeCommands())
    options.setdefault("fresh", not chat.session.messages)
    first = Opening(chat.workspace, chat.status().mode, chat.status().student)
    app = ApprenticeApp(lambda: chat, first, **options)
    app.animation_level = "none"
    return app


@asynccontextmanager
async def driving(chat: FakeChat, size: tuple[int, int] = (100, 30), **options: Any) -> AsyncIterator[Driver]:
    """The running application, after its first paint."""
    async with application(chat, **options).run_test(size=size) as pilot:
        await until(pilot, lambda: chat.started > 0)
        yield pilot


def screen_of(pilot: Driver) -> ChatScreen:
    return next(cast(ChatScreen, s) for s in pilot.app.screen_stack if isinstance(s, ChatScreen))


async def started(pilot: Driver) -> None:
    """Wait until the chat is open, in the place of what stood in for it, and was started."""
    await until(pilot, lambda: getattr(screen_of(pilot).chat, "started", 0))


async def until(pilot: Driver, condition: Callable[[], object]) -> None:
    """Wait for ``condition``."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        await pilot.pause()
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("the condition did not come true")


async def ask(pilot: Driver, text: str = "hello") -> None:
    """Type a request, send it, and wait for the end of its turn."""
    await send(pilot, text)
    await until(pilot, lambda: not screen_of(pilot).busy)
    await pilot.pause()


async def send(pilot: Driver, text: str) -> None:
    """Type a request and send it."""
    screen_of(pilot).prompt.insert(text)
    await pilot.pause()
    await pilot.press("enter")


async def asked(pilot: Driver) -> ConfirmationPanel:
    """Wait for a confirmation that accepts keys."""
    await until(pilot, lambda: screen_of(pilot).query(ConfirmationPanel))
    panel = screen_of(pilot).query_one(ConfirmationPanel)
    await pilot.pause(GUARD_S + 0.05)
    return panel


def shown(pilot: Driver) -> str:
    """The text of the screen, line by line, as a terminal would hold it."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def said(pilot: Driver) -> str:
    """What the notifications say."""
    return "\n".join(notification.message for notification in pilot.app._notifications)
