"""/context and /compact."""

from pathlib import Path
from typing import Any

from assistant.agent.window import Part, Use
from assistant.commands import registry
from assistant.commands.base import CommandContext
from assistant.commands.window import BAR_CELLS, CANCELLED, NOTHING, context_text
from assistant.window_bar import slices
from tests.assistant.commands.recording import Recorder
from tests.assistant.fake_chat import FakeChat

USE = Use(
    (Part("instructions", 10), Part("tools", 90, 300), Part("project", 0), Part("results", 400)), 1000, 100
)


async def ran(tmp_path: Path, line: str, **options: Any) -> tuple[FakeChat, Recorder]:
    folder = tmp_path / "project"
    folder.mkdir()
    chat: Any = FakeChat(folder)
    interface = Recorder(**options)
    assert await registry.dispatch(CommandContext(chat, interface), line)
    return chat, interface


async def test_context_says_how_full_the_window_is_and_what_each_part_takes(tmp_path: Path) -> None:
    _, interface = await ran(tmp_path, "/context")
    [text] = interface.shown
    assert text.startswith("1,024 of 8,192 tokens (12%); compacts by itself at 6,398")
    assert "| t | tools | 500 | 6.1% | 2,227 | what it may call |" in text
    assert "| . | free | 6,400 | 78.1% |  | for what comes |" in text
    assert "| = | reply | 768 |" in text
    assert "recap" not in text


async def test_a_panel_takes_the_place_of_the_text(tmp_path: Path) -> None:
    _, interface = await ran(tmp_path, "/context", panels=("context",))
    assert interface.opened == ["context"]
    assert interface.shown == []


def test_the_bar_is_plain_characters_one_for_each_part_in_order() -> None:
    bar = context_text(USE).split("```")[1].strip()
    assert bar == "i" + "t" * 6 + "r" * 25 + "." * 26 + "=" * 6
    assert len(bar) == BAR_CELLS


def test_the_cells_add_up_and_the_smallest_part_has_one() -> None:
    parts = tuple(Part(name, 1) for name in ("instructions", "tools", "examples", "requests", "student"))
    for width in range(10, 130, 7):
        found = slices(Use((*parts, Part("results", 5000)), 8192, 768), width)
        assert sum(one.cells for one in found) == width
        assert all(one.cells >= 1 for one in found)


def test_a_window_over_its_size_and_one_that_is_not_known_yet() -> None:
    over = Use((Part("requests", 300),), window=200, reply=50)
    assert "| . | free | 0 |" in context_text(over)
    assert context_text(Use(())) == "the size of the student's window is not known yet"


async def test_compact_shows_what_was_done_and_hands_on_the_focus(tmp_path: Path) -> None:
    chat, interface = await ran(tmp_path, "/compact the parser")
    assert chat.focused == ["the parser"]
    assert interface.worked == ["compacting"]
    assert interface.shown[0].startswith("compacted: 5,310 -> 1,200 tokens")


async def test_compact_with_nothing_to_gain_interrupted_and_failed(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    chat: Any = FakeChat(folder)
    chat.compacted = []
    interface = Recorder()
    context = CommandContext(chat, interface)
    for focus in ("", "interrupted", "broken"):
        await registry.dispatch(context, f"/compact {focus}")
    assert [text for _, text in interface.said] == [NOTHING, CANCELLED, "the student is gone"]
    assert interface.shown == []
