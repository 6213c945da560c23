"""Every key of the help, with the bytes that terminals send for it: xterm, Kitty, tmux, the Linux console."""

import re
from collections.abc import Callable, Iterator

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.drivers import linux_driver

from assistant.agent.steps import Verdict
from assistant.tui import stopping, terminal_keys
from assistant.tui.history import PromptHistory
from assistant.tui.keys import KEYS
from assistant.tui.screens.arena import ArenaScreen
from assistant.tui.screens.curate import CurateScreen
from assistant.tui.screens.decision_record import RecordScreen
from assistant.tui.screens.decisions import DecisionsScreen
from assistant.tui.screens.jobs import JobsScreen
from assistant.tui.screens.models import ModelsScreen
from assistant.tui.screens.teach import TeachScreen
from assistant.tui.screens.train import TrainScreen
from assistant.tui.terminal_keys import KeyParser, read_all_keys
from assistant.tui.widgets.cluster_map import ClusterMap
from assistant.tui.widgets.confirmation import ConfirmationPanel
from assistant.tui.widgets.decision_charts import ChartView
from assistant.tui.widgets.decision_list import DecisionList
from assistant.tui.widgets.dropped_view import DroppedView
from assistant.tui.widgets.product_view import ProductView
from assistant.tui.widgets.row_table import RowTable
from assistant.tui.widgets.train_form import TrainFormView
from tests.assistant.tui.driving import Driver, ask, driving, screen_of, send, until
from tests.assistant.tui.fake_chat import FakeChat, answer, call, confirmation, observed, selected
from tools.calls import Risk

# The name of each key, and what sends it. A number stands for a modifier: 2 Shift, 3 Alt, 5 Ctrl; 129 and
# 133 the same with Num Lock.
FORMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Enter": ("enter", ("\r", "\x1b[13u", "\x1b[13;129u", "\x1bOM")),
    "Shift+Enter": ("shift+enter", ("\x1b[13;2u", "\x1b[27;2;13~")),
    "Alt+Enter": ("alt+enter", ("\x1b\r", "\x1b[13;3u", "\x1b[27;3;13~")),
    "Tab": ("tab", ("\t", "\x1b[9u")),
    "Shift+Tab": ("shift+tab", ("\x1b[Z", "\x1b[9;2u", "\x1b\t", "\x1b[27;2;9~")),
    "Esc": ("escape", ("\x1b", "\x1b[27u")),
    "Up": ("up", ("\x1b[A", "\x1bOA", "\x1b[1;129A")),
    "Down": ("down", ("\x1b[B", "\x1bOB", "\x1b[1;129B")),
    "PageUp": ("pageup", ("\x1b[5~", "\x1b[5;129~")),
    "PageDown": ("pagedown", ("\x1b[6~", "\x1b[6;129~")),
    "Ctrl+End": ("ctrl+end", ("\x1b[1;5F", "\x1b[1;133F")),
    "F1": ("f1", ("\x1bOP", "\x1b[11~", "\x1b[[A", "\x1b[P", "\x1b[1;129P")),
    "Alt+B": ("ctrl+left|alt+b", ("\x1bb", "\x1b[98;3u", "\x1b[27;3;98~", "\x1b[1;5D")),
    "Alt+F": ("ctrl+right|alt+f", ("\x1bf", "\x1b[102;3u", "\x1b[27;3;102~", "\x1b[1;5C")),
    "Alt+D": ("alt+d", ("\x1bd", "\x1b[100;3u", "\x1b[27;3;100~")),
    **{
        f"Ctrl+{letter}": (
            f"ctrl+{letter.lower()}",
            (
                chr(ord(letter) - 64),
                f"\x1b[{ord(letter) + 32};5u",
                f"\x1b[{ord(letter) + 32};133u",
                f"\x1b[27;5;{ord(letter) + 32}~",
            ),
        )
        for letter in "ACDEGJKLNOPRSUWX"
    },
    "?": ("question_mark", ("?", "\x1b[47;2;63u", "\x1b[223;2;63u")),
    "/": ("slash", ("/", "\x1b[47;;47u", "\x1b[55;2;47u")),
    "+": ("plus", ("+", "\x1b[61;2;43u", "\x1b[43;;43u")),
    "-": ("minus", ("-", "\x1b[45;;45u")),
    "\\": ("backslash", ("\\", "\x1b[92;;92u")),
    "D": ("D", ("D", "\x1b[100;2;68u")),
    **{key: (key, (key, f"\x1b[{ord(key)};;{ord(key)}u")) for key in "1234abcdefgmnoprstuwxy"},
}
WIDGETS: dict[str, tuple[type[DOMNode], ...]] = {
    "Decisions": (DecisionsScreen, DecisionList, RecordScreen, ChartView, ProductView, RowTable),
    "Teachers": (TeachScreen, RowTable),
    "Curation": (CurateScreen, DroppedView, ClusterMap, RowTable),
    "Training": (TrainScreen, TrainFormView),
    "Models": (ModelsScreen, RowTable),
    "Arena": (ArenaScreen,),
    "Jobs": (JobsScreen, RowTable),
}


@pytest.fixture(autouse=True)
def time_to_press_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "ESC_AGAIN_S", 60.0)


def keys_of(data: str) -> list[events.Key]:
    parser = KeyParser()
    found = [*parser.feed(data), *parser.feed("")]
    return [event for event in found if isinstance(event, events.Key)]


async def feed(pilot: Driver, *given: str) -> None:
    """Send bytes as the driver of a terminal does."""
    for data in given:
        for event in keys_of(data):
            event.set_sender(pilot.app)
            pilot.app._driver.send_message(event)
            await pilot.pause()


def labels(keys: str) -> list[str]:
    """The keys that a line of the help names."""
    words = re.sub(r" (in a field|on an empty line)", "", keys).replace("\\ Enter", "\\ · Enter")
    return [
        one
        for part in words.split(" · ")
        for one in (["Up", "Down"] if part == "arrows" else ["Esc"] if part == "Esc Esc" else [part])
    ]


@pytest.mark.parametrize("label", FORMS)
def test_every_form_of_a_key_is_read_as_that_key(label: str) -> None:
    name, forms = FORMS[label]
    for form in forms:
        assert [key.key for key in keys_of(form)] in [[one] for one in name.split("|")], repr(form)


def test_every_key_of_the_help_is_in_the_table() -> None:
    named = {label for key in KEYS for label in labels(key.keys)}
    assert named - set(FORMS) == set()


@pytest.mark.parametrize("key", [key for key in KEYS if key.group in WIDGETS], ids=lambda key: key.does)
def test_every_key_of_a_panel_is_bound_in_it(key: object) -> None:
    bound: set[str] = set()
    for widget in WIDGETS[key.group]:  # type: ignore[attr-defined]
        bindings: BindingsMap = widget._merge_bindings()
        bound |= set(bindings.key_to_bindings)
    for label in labels(key.keys):  # type: ignore[attr-defined]
        if (key.group, label) not in {("Teachers", "Enter"), ("Training", "Enter")}:  # type: ignore[attr-defined]
            assert FORMS[label][0] in bound, label


@pytest.mark.parametrize(
    "report", ["\x1b[97;1:3u", "\x1b[99999999999999999999u", "\x1b[1:;;u", "\x1b[1089::99;5:1u", "\x1b[;;;;u"]
)
def test_no_report_of_a_key_ends_the_program(report: str) -> None:
    assert all(len(key.character or "") <= 1 for key in keys_of(report))


def test_the_driver_reads_with_our_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_keys.linux_driver, "XTermParser", XTermParser)
    read_all_keys()
    assert linux_driver.XTermParser is KeyParser


def spelled(*keys: str) -> Iterator[tuple[str, str]]:
    for key in keys:
        for form in FORMS[key][1]:
            yield key, form


async def test_keys_of_writing() -> None:
    """What each does to a text, with every form of it."""
    expected: dict[str, Callable[[str, int], bool]] = {
        "Ctrl+J": lambda text, at: text == "one two\n",
        "Shift+Enter": lambda text, at: text == "one two\n",
        "Alt+Enter": lambda text, at: text == "one two\n",
        "Ctrl+A": lambda text, at: at == 0,
        "Alt+B": lambda text, at: at == 4,
        "Ctrl+W": lambda text, at: text == "one ",
        "Ctrl+U": lambda text, at: text == "",
        "Ctrl+C": lambda text, at: text == "",
    }
    at_start: dict[str, Callable[[str, int], bool]] = {
        "Ctrl+E": lambda text, at: at == 7,
        "Alt+F": lambda text, at: at == 3,
        "Alt+D": lambda text, at: text == " two",
        "Ctrl+K": lambda text, at: text == "",
    }
    async with driving(FakeChat()) as pilot:
        prompt = screen_of(pilot).prompt
        for table, column in ((expected, 7), (at_start, 0)):
            for key, form in spelled(*table):
                prompt.set_text("one two")
                prompt.move_cursor((0, column))
                await feed(pilot, form)
                assert table[key](prompt.text, prompt.cursor_location[1]), (key, form, prompt.text)
        for form in FORMS["Enter"][1]:
            prompt.set_text("one two\\")
            await feed(pilot, form)
            assert prompt.text == "one two\n"
        for form in FORMS["Esc"][1]:
            prompt.set_text("one two")
            await feed(pilot, form, form)
            assert prompt.text == ""


async def test_keys_that_open_and_scroll() -> None:
    history = PromptHistory()
    chat = FakeChat((selected(call()), observed(call()), *answer("Done.\n\n" + "word\n\n" * 60)))
    async with driving(chat, size=(80, 24)) as pilot:
        screen = screen_of(pilot)
        screen.prompt._history = history
        await ask(pilot, "first")
        history.add("first")
        for form in FORMS["Up"][1]:
            screen.prompt.set_text("")
            await feed(pilot, form)
            assert screen.prompt.text == "first"
            await feed(pilot, FORMS["Down"][1][0])
        screen.prompt.set_text("")
        for label in ("F1", "?", "Ctrl+O"):
            for form in FORMS[label][1]:
                await feed(pilot, form)
                await until(pilot, lambda: pilot.app.screen is not screen)
                await feed(pilot, "\x1b")
                await until(pilot, lambda: pilot.app.screen is screen)
        for form in FORMS["Ctrl+P"][1]:
            await feed(pilot, form)
            await until(pilot, lambda: type(pilot.app.screen).__name__ == "CommandPalette")
            await feed(pilot, "\x1b")
            await until(pilot, lambda: pilot.app.screen is screen)
        modes = []
        for form in FORMS["Shift+Tab"][1]:
            await feed(pilot, form)
            modes.append(screen.chat.status().mode)
        assert modes == ["edit", "auto", "plan", "ask"]
        for up, end in zip(FORMS["PageUp"][1], FORMS["Ctrl+End"][1], strict=True):
            bottom = screen.transcript.scroll_y
            await feed(pilot, up)
            await until(pilot, lambda before=bottom: screen.transcript.scroll_y < before)
            await feed(pilot, end)
            await until(pilot, lambda before=bottom: screen.transcript.scroll_y == before)
        for form in FORMS["Ctrl+R"][1]:
            await feed(pilot, form)
            assert screen._helper.searching
            await feed(pilot, "\x1b")
            assert not screen._helper.searching


@pytest.mark.parametrize(
    ("form", "verdict"),
    [
        ("y", Verdict.ONCE),
        ("\x1b[121;;121u", Verdict.ONCE),
        ("s", Verdict.SESSION),
        ("a", Verdict.ALWAYS),
        ("\r", Verdict.REFUSED),
        ("\x1b[13u", Verdict.REFUSED),
        ("\x1b[27u", Verdict.REFUSED),
        ("\x1b", Verdict.REFUSED),
    ],
)
async def test_keys_of_a_confirmation(form: str, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.tui.widgets.confirmation.GUARD_S", 0.0)
    wanted = call("run_shell", command="ls")
    chat = FakeChat((selected(wanted, Risk.EXECUTE), confirmation(wanted)))
    async with driving(chat) as pilot:
        await send(pilot, "go")
        await until(pilot, lambda: screen_of(pilot).query(ConfirmationPanel))
        panel = screen_of(pilot).query_one(ConfirmationPanel)
        await until(pilot, lambda: panel._open_since is not None)
        await feed(pilot, form)
        await until(pilot, lambda: chat.replies)
        assert chat.replies[0].verdict is verdict
