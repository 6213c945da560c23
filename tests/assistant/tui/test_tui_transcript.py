"""The transcript over long sessions: bounded, paged, redrawn; and inert whatever comes."""

import pytest
from textual.widgets import Static

from assistant.agent.steps import Failure, Notice, Thought
from assistant.tui.widgets.blocks import UserBlock
from assistant.tui.widgets.transcript import MOUNTED, SLACK
from tests.assistant.tui.driving import ask, driving, said, screen_of, shown, until
from tests.assistant.tui.fake_chat import FakeChat, answer, call, observed, selected
from tests.assistant.tui.test_tui_pure_parts import conversation
from tools.calls import ToolResult
from tools.protocol.messages import Message

pytestmark = pytest.mark.slow

HOSTILE = "[/] [@click=app.quit]go[/] \x1b]52;c;QQ==\x07 \x9b31m \u202egpj \x00 \udc80 [bold]b"


async def test_a_session_of_ten_thousand_messages_mounts_one_page() -> None:
    chat = FakeChat()
    chat.session.messages = conversation(2500)
    async with driving(chat) as pilot:
        transcript = screen_of(pilot).transcript
        await until(pilot, lambda: "answer 2499" in shown(pilot))
        assert len(transcript.blocks) <= 44
        earlier = str(transcript.query_one("#earlier", Static).render())
        assert "9,960 earlier messages" in earlier and "/export" in earlier


@pytest.mark.slow
async def test_the_number_of_blocks_is_bounded_while_the_session_grows() -> None:
    chat = FakeChat()
    async with driving(chat) as pilot:
        transcript = screen_of(pilot).transcript
        most = 0
        for number in range(400):
            await transcript.add_user(f"question {number}")
            await transcript.add_notice("noted")
            chat.session.messages += [Message("user", f"question {number}"), Message("assistant", "ok")]
            most = max(most, len(transcript.blocks))
        await pilot.pause()
        assert most <= MOUNTED + SLACK
        assert isinstance(transcript.blocks[0], UserBlock)
        assert "question 399" in shown(pilot)
        first = transcript.blocks[0]
        assert f"{first.index:,} earlier messages" in str(transcript.query_one("#earlier", Static).render())


@pytest.mark.slow
async def test_a_single_endless_turn_is_bounded_too() -> None:
    async with driving(FakeChat()) as pilot:
        transcript = screen_of(pilot).transcript
        await transcript.add_user("go")
        for number in range(300):
            await transcript.add_notice(f"step {number}")
        assert len(transcript.blocks) <= MOUNTED + SLACK


@pytest.mark.slow
async def test_page_up_at_the_top_loads_earlier_pages_up_to_the_beginning() -> None:
    chat = FakeChat()
    chat.session.messages = conversation(60)
    async with driving(chat) as pilot:
        transcript = screen_of(pilot).transcript
        await until(pilot, lambda: "answer 59" in shown(pilot))
        for _ in range(200):
            await pilot.press("pageup")
            await pilot.pause()
            if "question 0\n" in shown(pilot) + "\n" and transcript.query_one("#earlier").has_class("hidden"):
                break
        assert transcript.query_one("#earlier").has_class("hidden")
        assert len(transcript.blocks) <= MOUNTED + SLACK
        assert transcript.detached


@pytest.mark.slow
async def test_ctrl_end_and_a_new_request_return_to_the_newest_messages() -> None:
    chat = FakeChat(answer("newest answer"))
    chat.session.messages = conversation(60)
    async with driving(chat) as pilot:
        transcript = screen_of(pilot).transcript
        for _ in range(5):
            await transcript.load_earlier(busy=False)
        assert transcript.detached
        await pilot.press("ctrl+end")
        await until(pilot, lambda: "answer 59" in shown(pilot))
        assert not transcript.detached
        for _ in range(5):
            await transcript.load_earlier(busy=False)
        await ask(pilot, "newest question")
        await until(pilot, lambda: "newest answer" in shown(pilot) and "newest question" in shown(pilot))


async def test_a_turn_under_way_keeps_its_blocks_while_earlier_ones_are_loaded() -> None:
    chat = FakeChat()
    chat.session.messages = conversation(60)
    async with driving(chat) as pilot:
        transcript = screen_of(pilot).transcript
        last = transcript.blocks[-1]
        for _ in range(6):
            await transcript.load_earlier(busy=True)
        assert last.is_attached and not transcript.detached


async def test_another_session_replaces_what_is_shown() -> None:
    chat = FakeChat(answer("old answer"))
    async with driving(chat) as pilot:
        await ask(pilot, "old question")
        chat.session.messages = conversation(1)
        await screen_of(pilot).interface.session_changed()
        await until(pilot, lambda: "answer 0" in shown(pilot))
        assert "old question" not in shown(pilot)
        assert "result 0" in shown(pilot)


async def test_an_empty_session_shows_the_welcome_again() -> None:
    chat = FakeChat(answer("old answer"))
    async with driving(chat) as pilot:
        await ask(pilot, "old question")
        chat.session.messages = []
        await screen_of(pilot).interface.session_changed()
        await until(pilot, lambda: "◆ Apprentice" in shown(pilot))


def assert_inert(text: str) -> None:
    assert not any(c in text for c in "\x1b\x9b\x00\x07\u202e\udc80")


async def test_E01_E02_hostile_text_in_every_place_is_literal() -> None:
    bad = call(HOSTILE, "c1", path=HOSTILE)
    chat = FakeChat(
        [
            Thought(HOSTILE),
            selected(bad),
            observed(bad, HOSTILE + "\n" + HOSTILE),
            Notice(HOSTILE),
            *answer(HOSTILE),
            Failure(HOSTILE),
        ]
    )
    chat.set_status(student=HOSTILE, sandbox=HOSTILE, session_title=HOSTILE, workspace=HOSTILE)
    async with driving(chat, size=(160, 50)) as pilot:
        assert_inert(shown(pilot))
        await ask(pilot, HOSTILE)
        text = shown(pilot)
        assert_inert(text)
        assert text.count("[@click=app.quit]go[/]") >= 5
        await pilot.press("ctrl+o")
        await pilot.pause(0.1)
        assert_inert(shown(pilot))
        await pilot.press("escape")
        screen_of(pilot).interface.notify(HOSTILE, "error")
        await pilot.pause(0.1)
        assert_inert(shown(pilot))
        assert "[@click=app.quit]go[/]" in said(pilot)
        assert pilot.app.is_running


@pytest.mark.slow
async def test_B05_one_line_of_a_megabyte_does_no_harm() -> None:
    chat = FakeChat([selected(call()), observed(call(), "x" * 1_000_000)], answer("y" * 1_000_000))
    async with driving(chat, size=(80, 24)) as pilot:
        await ask(pilot)
        assert "xxx" in shown(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "c copies the result" in shown(pilot))
        await pilot.press("escape")
        await ask(pilot, "and an answer")
        await until(pilot, lambda: "yyy" in shown(pilot))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["| a | b |\n| - | - |\n" + "| x | y |\n" * 3000, "> " * 500 + "deep", "- " * 400 + "deep", "[" * 5000],
    ids=["table", "quotes", "lists", "brackets"],
)
async def test_E03_huge_tables_and_deep_nesting_are_shown_as_text(text: str) -> None:
    chat = FakeChat(answer(text)[-1:])
    async with driving(chat) as pilot:
        await ask(pilot)
        assert pilot.app.is_running
        assert len(list(screen_of(pilot).transcript.walk_children())) < 100


async def test_E03_an_answer_that_grows_too_heavy_turns_into_text_and_stays_whole() -> None:
    steps = answer("| a | b |\n| - | - |\n| x | y |\n" + "| x | y |\n" * 80 + "THE END")
    chat = FakeChat(steps)
    async with driving(chat) as pilot:
        await ask(pilot)
        await until(pilot, lambda: "THE END" in shown(pilot))
        assert len(list(screen_of(pilot).transcript.walk_children())) < 100


@pytest.mark.parametrize("size", [(20, 5), (10, 3), (40, 10), (80, 24), (200, 60)])
async def test_E08_every_size_works(size: tuple[int, int]) -> None:
    chat = FakeChat(
        [selected(call()), observed(call(), "hit"), *answer("It is **there**.\n\n```\ncode\n```")]
    )
    async with driving(chat, size=size) as pilot:
        await ask(pilot, "where?")
        await pilot.press("f1")
        await pilot.pause()
        await pilot.press("escape", "pageup", "pagedown", "ctrl+o", "escape")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await until(pilot, lambda: "It is there." in shown(pilot))


async def test_E08_a_tiny_terminal_shows_prompt_and_mode() -> None:
    async with driving(FakeChat(), size=(20, 5)) as pilot:
        lines = shown(pilot).splitlines()
        assert any("❯" in line for line in lines)
        assert "ask" in lines[-1]


async def test_E08_without_colours_the_outcome_is_still_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    chat = FakeChat([selected(call()), observed(call(), "boom", success=False, exit_code=2)])
    async with driving(chat) as pilot:
        await ask(pilot)
        assert "✗ exit 2" in shown(pilot)


async def test_a_replayed_call_claims_no_outcome_that_is_not_known() -> None:
    chat = FakeChat()
    chat.session.messages = conversation(1)
    async with driving(chat) as pilot:
        await until(pilot, lambda: "result 0" in shown(pilot))
        assert "✓" not in shown(pilot) and "✗" not in shown(pilot)


async def test_a_diff_of_a_write_is_shown_with_its_counts() -> None:
    edit = call("edit_file", "e", path="a.py")
    result = ToolResult(True, "edited", diff="--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n-x\n+y\n+z\n")
    from assistant.agent.steps import Observation

    chat = FakeChat([selected(edit), Observation(edit, result, "e", "person")])
    async with driving(chat) as pilot:
        await ask(pilot)
        assert "+2 −1 ✓" in shown(pilot)
        assert "+z" in shown(pilot)
