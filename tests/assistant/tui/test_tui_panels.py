"""The panels: help, sessions, decisions, why, a list to pick from; and what commands ask of the interface."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, OptionList

from assistant.agent.sessions import SessionStore
from assistant.commands import registry
from assistant.tui.keys import KEYS, key_groups
from assistant.tui.panels import open_panel
from assistant.tui.screens.help import help_groups
from assistant.tui.screens.pick import PickScreen
from tests.assistant.tui.driving import Driver, driving, said, screen_of, send, shown, until
from tests.assistant.tui.fake_chat import FakeChat, FakeCommands
from tools.protocol.messages import Message
from tools.registry import builtin_registry
from training.events import open_log
from training.events.decisions import DecisionRecorder

pytestmark = pytest.mark.slow


class StoredChat(FakeChat):
    """A chat with a real store of sessions and a real log of decisions."""

    def __init__(self, folder: Path) -> None:
        workspace = folder / "work"
        workspace.mkdir()
        (folder / "sessions").mkdir()
        super().__init__(workspace=workspace)
        self.store = SessionStore(folder / "sessions")
        self.log = open_log(folder / "events")
        self.tools = builtin_registry()
        self.loaded: list[str] = []
        self.session = self.store.create(workspace)  # type: ignore[assignment]

    def load_session(self, key: str) -> None:
        self.loaded.append(key)
        self.session = self.store.load(key)  # type: ignore[assignment]

    def remember(self, title: str) -> str:
        """Store a session of one turn. Returns its id."""
        session = self.store.create(self.workspace)
        session.append(Message("user", title))
        session.append(Message("assistant", f"about {title}"))
        session.close()
        return session.id

    def decide(self, tool: str, request: str, *, success: bool | None = True) -> str:
        """Record a decision. Returns the event's id."""
        recorder = DecisionRecorder(self.log, "session-1")
        event = recorder.selected(
            context={"request": request},
            tools_available=[{"name": tool}],
            tool_selected=tool,
            tool_parameters={"path": "[/]\x1b[2J"},
            confidence=0.9,
            model="m",
            latency_ms=12,
        )
        if success is not None:
            recorder.completed(event, success=success, result="the result", execution_time_ms=3)
        return event.event_id


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[StoredChat]:
    chat = StoredChat(tmp_path)
    yield chat
    chat.log.close()


async def command(pilot: Driver, line: str) -> None:
    await send(pilot, line)
    await pilot.press("enter") if screen_of(pilot).prompt.text else None


async def test_the_help_lists_every_command_and_key() -> None:
    groups = dict(help_groups(FakeCommands.LINES))
    assert groups["Commands"] == FakeCommands.LINES
    keys = (does for name in key_groups() if name != "Prefixes" for _, does in groups[name])
    assert set(keys) == {key.does for key in KEYS}
    async with driving(FakeChat(), size=(100, 90)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: "Confirmation" in shown(pilot))
        for line, summary in FakeCommands.LINES:
            assert line in shown(pilot) and summary in shown(pilot)
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.screen is screen_of(pilot))
        assert screen_of(pilot).prompt.has_focus


async def test_the_help_of_the_real_registry_opens() -> None:
    async with driving(FakeChat(), size=(110, 110), commands=registry) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: "/sessions" in shown(pilot) and "/permissions" in shown(pilot))


async def test_sessions_are_listed_narrowed_and_loaded(stored: StoredChat) -> None:
    wanted = stored.remember("parse the config")
    stored.remember("write the docs")
    async with driving(stored, commands=registry) as pilot:
        await send(pilot, "/sessions")
        await until(pilot, lambda: "write the docs" in shown(pilot))
        await pilot.press(*"config")
        await until(pilot, lambda: "write the docs" not in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "about parse the config" in shown(pilot))
        assert stored.loaded == [wanted]
        assert stored.session.id == wanted  # type: ignore[attr-defined]


async def test_no_sessions_says_so(stored: StoredChat) -> None:
    async with driving(stored, commands=registry) as pilot:
        await send(pilot, "/sessions")
        await until(pilot, lambda: "No sessions in this folder yet." in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not screen_of(pilot).busy)


async def test_why_shows_the_record_behind_the_last_decision(stored: StoredChat) -> None:
    stored.last_decision = stored.decide("read_file", "look")
    async with driving(stored, size=(120, 40), commands=registry) as pilot:
        await send(pilot, "/why")
        await until(pilot, lambda: "the result" in shown(pilot))


async def test_why_without_a_decision_says_what_to_do(stored: StoredChat) -> None:
    async with driving(stored, commands=registry) as pilot:
        await send(pilot, "/why")
        await until(pilot, lambda: "nothing decided yet" in said(pilot))
        await screen_of(pilot).interface.open_panel("why")


async def test_an_unknown_command_names_the_nearest() -> None:
    async with driving(FakeChat(), commands=registry) as pilot:
        await send(pilot, "/sesions")
        await until(pilot, lambda: "/sessions" in said(pilot))


async def test_exit_leaves() -> None:
    async with driving(FakeChat(), commands=registry) as pilot:
        await send(pilot, "/exit")
        await until(pilot, lambda: pilot.app.return_value == 0)


async def test_a_panel_that_does_not_exist_is_left_to_the_command() -> None:
    async with driving(FakeChat()) as pilot:
        assert await open_panel(screen_of(pilot), "tools") is False


async def picked(pilot: Driver, choices: list[tuple[str, str]], *keys: str) -> str | None:
    found: list[Any] = []

    async def pick() -> None:
        found.append(await screen_of(pilot).interface.pick("Choose", choices))

    screen_of(pilot).run_worker(pick())
    await until(pilot, lambda: isinstance(pilot.app.screen, PickScreen))
    await pilot.pause()
    await pilot.press(*keys)
    await until(pilot, lambda: found)
    return found[0]  # type: ignore[no-any-return]


CHOICES = [("a", "first [/]"), ("b", "second"), ("c", "third")]


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("enter",), "a"),
        (("down", "down", "enter"), "c"),
        (("down", "down", "down", "up", "enter"), "b"),
        (("s", "e", "enter"), "b"),
        (("escape",), None),
        (("ctrl+c",), None),
        (("z", "z", "enter", "backspace", "backspace", "enter"), "a"),
    ],
)
async def test_picking_from_a_list(keys: tuple[str, ...], value: str | None) -> None:
    async with driving(FakeChat()) as pilot:
        assert await picked(pilot, CHOICES, *keys) == value


async def test_a_click_picks_a_row() -> None:
    async with driving(FakeChat()) as pilot:
        found: list[Any] = []

        async def pick() -> None:
            found.append(await screen_of(pilot).interface.pick("Choose", CHOICES))

        screen_of(pilot).run_worker(pick())
        await until(pilot, lambda: pilot.app.screen.query(OptionList))
        assert pilot.app.screen.query_one(Input).has_focus
        await pilot.click(OptionList, offset=(3, 1))
        await until(pilot, lambda: found)
        assert found == ["b"]
