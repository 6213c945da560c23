"""A turn on the screen: what is drawn for each step, and how it is interrupted."""

import asyncio

import pytest
from textual.widgets.markdown import MarkdownFence

from assistant.agent.steps import Answer, Failure, Notice, Progress, TextDelta, Thought
from assistant.tui.widgets.answer_block import AnswerBlock
from assistant.tui.widgets.blocks import UserBlock, WelcomeBlock
from assistant.tui.widgets.call_block import CallBlock
from tests.assistant.tui.driving import ask, driving, said, screen_of, send, shown, until
from tests.assistant.tui.fake_chat import FakeChat, answer, call, observed, selected
from tools.calls import Risk, ToolResult
from training.student.base import StudentError, Usage

pytestmark = pytest.mark.slow
SEARCH = call()


async def test_the_empty_state_says_what_to_do_and_leaves_with_the_first_request() -> None:
    chat = FakeChat(answer("Hello."))
    async with driving(chat) as pilot:
        for hint in ("where is parse_config defined?", "@file", "!command", "/help", "Shift+Tab"):
            assert hint in shown(pilot)
        await ask(pilot)
        assert not screen_of(pilot).query(WelcomeBlock)


async def test_the_chat_is_started_after_the_first_paint_and_once() -> None:
    chat = FakeChat()
    async with driving(chat) as pilot:
        await pilot.pause()
        assert chat.started == 1


async def test_a_student_that_cannot_start_is_one_line_and_the_program_stays() -> None:
    chat = FakeChat()
    chat.start_error = StudentError("model.gguf is missing: apprentice models pull smollm2")
    async with driving(chat) as pilot:
        await until(pilot, lambda: "model.gguf is missing" in shown(pilot))
        assert pilot.app.is_running


async def test_request_call_result_and_answer_are_shown_in_order() -> None:
    chat = FakeChat(
        [
            Thought("A search is enough."),
            selected(SEARCH),
            observed(SEARCH, "src/a.py:1: hit"),
            *answer("It is in **src/a.py**."),
        ]
    )
    async with driving(chat) as pilot:
        await ask(pilot, "where is it?")
        text = shown(pilot)
        wanted = [
            "where is it?",
            "A search is enough.",
            "search_files",
            "93%",
            "✓ 12 ms",
            "src/a.py:1: hit",
            "It is in src/a.py.",
        ]
        places = [text.index(part) for part in wanted if part not in ("93%", "✓ 12 ms")]
        assert places == sorted(places)
        assert all(part in text for part in wanted)


async def test_text_that_turns_out_to_be_said_before_a_call_is_drawn_once_as_a_thought() -> None:
    said_first = "I look for it in the sources first."
    chat = FakeChat(
        [
            TextDelta(said_first),
            Thought(said_first),
            selected(SEARCH),
            observed(SEARCH, "hit"),
            *answer("Done."),
        ]
    )
    async with driving(chat) as pilot:
        await ask(pilot, "where is it?")
        text = shown(pilot)
        assert text.count(said_first) == 1
        assert [block.text for block in screen_of(pilot).query(AnswerBlock)] == ["Done."]


async def test_code_in_an_answer_is_highlighted() -> None:
    chat = FakeChat(answer("```python\ndef f():\n    return 1\n```"))
    async with driving(chat) as pilot:
        await ask(pilot)
        fence = screen_of(pilot).query_one(MarkdownFence)
        assert fence.lexer == "python"
        strips = screen_of(pilot)._compositor.render_strips()
        words = [s for strip in strips for s in strip if s.text.strip() in ("def", "return")]
        styles = {str(s.style.color) for s in words if s.style}
        assert styles and "None" not in styles


async def test_a_token_is_drawn_before_the_answer_ends() -> None:
    go = asyncio.Event()
    streamed = answer("first second")
    chat = FakeChat([streamed[0], go.wait, *streamed[1:]])
    async with driving(chat) as pilot:
        await send(pilot, "hello")
        await until(pilot, lambda: "first" in shown(pilot))
        assert "second" not in shown(pilot)
        go.set()
        await until(pilot, lambda: "first second" in shown(pilot))


async def test_a_flood_of_tokens_is_whole_in_the_end() -> None:
    words = " ".join(f"w{n}" for n in range(600))
    chat = FakeChat(answer(words))
    async with driving(chat) as pilot:
        await ask(pilot)
        block = screen_of(pilot).query_one(AnswerBlock)
        assert block.text == words
        await until(pilot, lambda: "w599" in shown(pilot))


async def test_what_differs_from_the_stream_is_replaced_by_the_answer() -> None:
    chat = FakeChat([*answer("draft")[:-1], Answer("final", "e", Usage())])
    async with driving(chat) as pilot:
        await ask(pilot)
        assert "final" in shown(pilot) and "draft" not in shown(pilot)


async def test_G02_a_cut_answer_is_said() -> None:
    chat = FakeChat([Answer("half", "e", Usage(), cut=True)])
    async with driving(chat) as pilot:
        await ask(pilot)
        assert "token limit" in shown(pilot)


async def test_long_output_is_folded_and_ctrl_o_opens_the_whole_of_it() -> None:
    lines = "\n".join(f"line {n}" for n in range(30))
    chat = FakeChat([selected(SEARCH), observed(SEARCH, lines)])
    async with driving(chat, size=(100, 60)) as pilot:
        await ask(pilot)
        assert "line 5" in shown(pilot) and "line 6\n" not in shown(pilot)
        assert "24 more lines, Ctrl+O shows all" in shown(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "line 29" in shown(pilot))
        await pilot.press("c")
        assert pilot.app.clipboard == lines
        await pilot.press("escape")
        assert pilot.app.screen is screen_of(pilot)


async def test_a_click_on_a_call_opens_its_details() -> None:
    chat = FakeChat([selected(SEARCH), observed(SEARCH, "hit")])
    async with driving(chat) as pilot:
        await ask(pilot)
        await pilot.click(CallBlock)
        await until(pilot, lambda: "c copies the result" in shown(pilot))


async def test_ctrl_o_without_a_call_says_so() -> None:
    async with driving(FakeChat()) as pilot:
        await pilot.press("ctrl+o")
        assert "No call yet" in shown(pilot)


async def test_F08_a_failed_program_shows_its_exit_code_whatever_the_student_says() -> None:
    tests = call("run_tests", "t", target="x")
    chat = FakeChat(
        [
            selected(tests, Risk.EXECUTE),
            observed(tests, "1 failed", success=False, exit_code=1),
            *answer("All tests pass!"),
        ]
    )
    async with driving(chat) as pilot:
        await ask(pilot)
        assert "✗ exit 1" in shown(pilot)


async def test_a_refused_call_is_marked() -> None:
    chat = FakeChat([selected(SEARCH), observed(SEARCH, "the person refused", success=False, by="refused")])
    async with driving(chat) as pilot:
        await ask(pilot)
        assert "⊘ refused" in shown(pilot)


async def test_a_doubtful_decision_shows_the_next_candidate_until_it_has_run() -> None:
    go = asyncio.Event()
    chat = FakeChat([selected(SEARCH, confidence=0.3), go.wait, observed(SEARCH, "hit")])
    async with driving(chat) as pilot:
        await send(pilot, "hello")
        await until(pilot, lambda: "unsure: list_files at 4%" in shown(pilot))
        go.set()
        await until(pilot, lambda: "hit" in shown(pilot))


async def test_output_is_shown_as_it_arrives() -> None:
    go = asyncio.Event()
    chat = FakeChat([selected(SEARCH), Progress("c1", "one\ntw"), Progress("c1", "o\n"), go.wait])
    async with driving(chat) as pilot:
        await send(pilot, "hello")
        await until(pilot, lambda: "two" in shown(pilot))
        go.set()


async def test_notices_and_failures_are_lines_of_the_transcript() -> None:
    chat = FakeChat([Notice("3 old turns were trimmed"), Failure("out of memory: choose a smaller model")])
    async with driving(chat) as pilot:
        await ask(pilot)
        assert "· 3 old turns were trimmed" in shown(pilot)
        assert "✗ out of memory" in shown(pilot)


async def test_escape_interrupts_and_the_next_request_works() -> None:
    chat = FakeChat([asyncio.Event().wait], answer("Back."))
    async with driving(chat) as pilot:
        await send(pilot, "long work")
        await until(pilot, lambda: "Esc interrupts" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not screen_of(pilot).busy)
        assert chat.cancelled == 1
        assert "interrupted" in shown(pilot)
        await ask(pilot, "again")
        assert "Back." in shown(pilot)


async def test_ctrl_c_interrupts_too() -> None:
    chat = FakeChat([asyncio.Event().wait])
    async with driving(chat) as pilot:
        await send(pilot, "long work")
        await until(pilot, lambda: chat.requests)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not screen_of(pilot).busy)
        assert chat.cancelled == 1 and pilot.app.is_running


async def test_two_ctrl_c_quit_where_the_student_does_not_stop() -> None:
    class Deaf(FakeChat):
        async def cancel(self) -> None:
            self.cancelled += 1

    chat = Deaf([asyncio.Event().wait])
    async with driving(chat) as pilot:
        await send(pilot, "long work")
        await until(pilot, lambda: chat.requests)
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert screen_of(pilot).busy and pilot.app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert pilot.app.return_value == 0


async def test_an_interrupt_gives_queued_requests_back() -> None:
    chat = FakeChat([asyncio.Event().wait])
    async with driving(chat) as pilot:
        await send(pilot, "long work")
        await until(pilot, lambda: chat.requests)
        await send(pilot, "queued")
        await until(pilot, lambda: "⋯ queued" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not screen_of(pilot).busy)
        assert screen_of(pilot).prompt.text == "queued"
        assert chat.requests == ["long work"]


async def test_escape_ends_a_shell_command() -> None:
    chat = FakeChat()
    chat.shell_gate = asyncio.Event().wait
    async with driving(chat) as pilot:
        await send(pilot, "!sleep 100")
        await until(pilot, lambda: chat.commands)
        await pilot.press("escape")
        await until(pilot, lambda: not screen_of(pilot).busy)
        assert pilot.app.is_running


async def test_a_shell_command_that_fails_shows_its_exit_code() -> None:
    chat = FakeChat()
    chat.shell_result = ToolResult(False, "no such file", exit_code=2)
    async with driving(chat) as pilot:
        await ask(pilot, "!cat absent")
        assert "✗ exit 2" in shown(pilot) and "no such file" in shown(pilot)


async def test_an_expected_error_of_the_turn_is_one_line() -> None:
    async def breaks() -> None:
        raise StudentError("the student's process ended: it is started again with the next request")

    chat = FakeChat([breaks], answer("Back."))

    async with driving(chat) as pilot:
        await ask(pilot, "hello")
        await until(pilot, lambda: "process ended" in shown(pilot))
        await ask(pilot, "again")
        assert "Back." in shown(pilot)


async def test_a_defect_ends_the_turn_and_not_the_program() -> None:
    async def breaks() -> None:
        raise RuntimeError("a defect")

    chat = FakeChat([breaks], answer("Back."))
    async with driving(chat) as pilot:
        await ask(pilot, "hello")
        await until(pilot, lambda: "unexpected RuntimeError: a defect" in shown(pilot))
        await ask(pilot, "again")
        assert "Back." in shown(pilot)


async def test_shift_tab_cycles_the_modes_and_the_status_line_follows() -> None:
    chat = FakeChat()
    async with driving(chat) as pilot:
        seen = []
        for _ in range(4):
            await pilot.press("shift+tab")
            await pilot.pause()
            seen.append(shown(pilot).splitlines()[-1].split()[0])
        assert seen == ["edit", "auto", "plan", "ask"]


async def test_the_status_line_follows_the_start_of_the_student() -> None:
    chat = FakeChat()
    chat.set_status(student_state="starting")
    async with driving(chat) as pilot:
        assert "starting" in shown(pilot)
        chat.set_status(student_state="ready")
        await until(pilot, lambda: "starting" not in shown(pilot))


async def test_nothing_ticks_when_idle() -> None:
    chat = FakeChat(answer("Hello."))
    async with driving(chat) as pilot:
        pilot.app.animation_level = "full"
        await ask(pilot)
        await pilot.pause(0.3)
        screen = screen_of(pilot)
        timers = [timer for widget in (screen, *screen.walk_children()) for timer in widget._timers]
        ticking = [t.name for t in timers if t._repeat is None and t._active.is_set()]
        assert ticking == []
        assert not screen.activity.running


async def test_the_spinner_turns_only_while_something_runs() -> None:
    go = asyncio.Event()
    chat = FakeChat([go.wait, *answer("Hello.")])
    async with driving(chat) as pilot:
        pilot.app.animation_level = "full"
        await send(pilot, "hello")
        frames: set[str] = set()
        await until(pilot, lambda: frames.add(str(screen_of(pilot).activity.render())) or len(frames) > 2)  # type: ignore[func-returns-value]
        go.set()
        await until(pilot, lambda: not screen_of(pilot).activity.running)


async def test_ctrl_p_offers_our_commands() -> None:
    chat = FakeChat()
    async with driving(chat) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Decisions" in shown(pilot) and "Mode plan" in shown(pilot))
        await pilot.press(*"mode plan")
        await until(pilot, lambda: "Decisions" not in shown(pilot) and "Mode plan" in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: chat.status().mode == "plan")


async def test_ctrl_l_redraws_what_is_there() -> None:
    async with driving(FakeChat()) as pilot:
        before = shown(pilot)
        await pilot.press("ctrl+l")
        await pilot.pause()
        assert shown(pilot) == before


async def test_a_link_is_copied_and_never_opened() -> None:
    chat = FakeChat(answer("[safe.example](https://evil.example/?q=secret)"))
    async with driving(chat) as pilot:
        await ask(pilot)
        block = screen_of(pilot).query_one("MarkdownParagraph")
        await pilot.click(block, offset=(2, 0))
        await until(pilot, lambda: "evil.example" in said(pilot))
        assert pilot.app.clipboard == "https://evil.example/?q=secret"


async def test_notices_of_the_settings_are_shown_at_the_start() -> None:
    chat = FakeChat()
    chat.notice_lines = ("settings.toml: mode is tightened to plan",)
    async with driving(chat) as pilot:
        await until(pilot, lambda: "mode is tightened to plan" in shown(pilot))


async def test_the_request_stays_on_the_screen_as_it_was_typed() -> None:
    chat = FakeChat(answer("ok"))
    async with driving(chat) as pilot:
        await ask(pilot, "two [b]words[/b]")
        assert screen_of(pilot).query_one(UserBlock)
        assert "two [b]words[/b]" in shown(pilot)


async def test_a_long_request_is_folded() -> None:
    chat = FakeChat(answer("ok"))
    async with driving(chat, size=(80, 50)) as pilot:
        await ask(pilot, "\n".join(f"row {number}" for number in range(30)))
        assert "row 19" in shown(pilot) and "row 20" not in shown(pilot)
        assert "10 more lines" in shown(pilot)
        assert chat.requests[0].count("\n") == 29
