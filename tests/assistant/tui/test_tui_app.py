"""The application as a program: themes, the end by key and by signal, terminals that cannot draw."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from assistant.tui.app import ApprenticeApp
from assistant.tui.opening import Opening
from assistant.tui.theme import THEMES
from tests.assistant.tui.driving import PATIENCE_S, application, ask, driving, screen_of, send, shown, until
from tests.assistant.tui.fake_chat import FakeChat, answer


@pytest.mark.slow
@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_theme_draws(theme: str) -> None:
    chat = FakeChat(answer("It is `here`.\n\n```python\nx = 1\n```"))
    async with driving(chat, theme=theme) as pilot:
        await ask(pilot)
        assert pilot.app.theme == theme
        assert "It is here." in shown(pilot)


async def test_an_unknown_theme_falls_back_to_ours() -> None:
    async with driving(FakeChat(), theme="no-such-theme") as pilot:
        assert pilot.app.theme == "apprentice-dark"


@pytest.mark.slow
async def test_leaving_is_possible_while_the_student_works() -> None:
    import asyncio

    chat = FakeChat([asyncio.Event().wait])
    async with driving(chat) as pilot:
        screen_of(pilot).prompt.insert("long work")
        await pilot.press("enter")
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert not pilot.app.is_running or pilot.app._exit


@pytest.mark.slow
async def test_a_turn_that_ends_while_unfocused_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    rings = []
    for ring, wanted in ((True, 1), (False, 0)):
        rings.clear()
        app = application(FakeChat(answer("ok")), ring=ring)
        monkeypatch.setattr(app, "bell", lambda: rings.append(1))
        async with app.run_test() as pilot:
            await pilot.pause()
            app.app_focus = False
            screen = screen_of(pilot)
            await screen._submitted(_submitted("hello"))
            await ask(pilot, "")
            await until(pilot, lambda least=wanted: len(rings) >= least)  # type: ignore[misc]
        assert len(rings) == wanted


def _submitted(text: str) -> object:
    from assistant.tui.messages import Submitted

    return Submitted(text)


def run_script(body: str, **environ: str) -> subprocess.Popen[str]:
    """A Python program of its own with the fake chat at hand."""
    return subprocess.Popen(
        [sys.executable, "-c", body],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, **environ},
    )


HEADLESS = """
import asyncio, sys
from pathlib import Path
from assistant.tui.app import ApprenticeApp, _run
from assistant.tui.opening import Opening
from tests.assistant.tui.fake_chat import FakeChat

class App(ApprenticeApp):
    async def run_async(self, **options):
        return await super().run_async(headless=True)

chat = FakeChat()
def opened():
    print("painted", file=sys.__stdout__, flush=True)
    return chat
code = asyncio.run(_run(App(opened, Opening(Path("/code"), "ask", "m")), mouse=True))
print("closed", chat.closed, flush=True)
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_E06_a_signal_ends_the_program_in_order_and_closes_the_chat(number: signal.Signals) -> None:
    process = run_script(HEADLESS)
    assert process.stdout is not None
    assert process.stdout.readline() == "painted\n"
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert "closed 1" in output, errors
    assert process.returncode == 128 + number


@pytest.mark.slow
def test_the_first_paint_imports_nothing_heavy() -> None:
    heavy = (
        "markdown_it textual.widgets._markdown textual.widgets._data_table assistant.commands.registry "
        "docker httpx llama_cpp openai pydantic tinydb "
        "assistant.tui.screens.pick assistant.tui.widgets.confirmation"
    )
    body = f"import sys, assistant.tui.app; print([n for n in {heavy.split()!r} if n in sys.modules])"
    output, errors = run_script(body).communicate(timeout=60)
    assert output.strip() == "[]", errors


async def test_the_chat_is_opened_after_the_first_frame() -> None:
    frames: list[str] = []
    chat = FakeChat()
    first = Opening(Path("/code/demo"), "ask", "embedded")
    app = ApprenticeApp(lambda: frames.append(shown(pilot)) or chat, first)  # type: ignore[func-returns-value]
    async with app.run_test() as pilot:
        await until(pilot, lambda: chat.started)
    assert "embedded starting" in frames[0] and "Apprentice" in frames[0]


async def test_a_chat_that_cannot_be_opened_ends_the_program_with_the_reason() -> None:
    def broken() -> FakeChat:
        raise OSError("no session xyz: apprentice sessions lists them")

    app = ApprenticeApp(broken, Opening(Path("/code/demo"), "ask", "embedded"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.opening is not None and app.opening.done())
    assert app.opening is not None
    with pytest.raises(OSError, match="no session xyz"):
        app.opening.result()
    assert app.return_value == 1


@pytest.mark.slow
async def test_what_is_sent_before_the_chat_is_open_is_sent_when_it_is() -> None:
    gate = threading.Event()
    chat = FakeChat()

    def slow() -> FakeChat:
        gate.wait(PATIENCE_S)
        return chat

    app = ApprenticeApp(slow, Opening(Path("/code/demo"), "ask", "embedded"))
    async with app.run_test() as pilot:
        try:
            await until(pilot, lambda: app.opening is not None)
            await send(pilot, "hello")
            assert chat.requests == []
        finally:
            gate.set()
        await until(pilot, lambda: chat.requests)
    assert chat.requests == ["hello"]
