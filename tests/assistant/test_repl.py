"""The plain REPL as a whole: requests, commands, shell lines, confirmations, interrupts, leaving."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from assistant import paths, repl
from assistant.agent.steps import (
    Answer,
    Failure,
    Notice,
    Observation,
    Progress,
    TextDelta,
    Thought,
    Verdict,
)
from assistant.plain.ink import Ink
from assistant.plain.reader import LineReader
from assistant.plain.repl import Repl
from tests.assistant.fake_chat import WAIT, FakeChat, asked, selected, shell_call
from tests.training.jobs.test_news import made
from tools.calls import ToolResult
from tools.protocol.messages import Message
from training.student.base import Usage


class Typist:
    """A reader that types the given lines and then leaves. A callable acts, and types nothing."""

    def __init__(self, *lines: Any, interactive: bool = True) -> None:
        self.interactive = interactive
        self.lines = list(lines)
        self.press: Callable[[], None] = lambda: None
        self.escape: Callable[[], None] = lambda: None
        self.flushed = self.redrawn = 0

    async def request(self) -> str | None:
        return self.lines.pop(0) if self.lines else None

    async def line(self, prompt: str, default: str = "") -> str | None:
        found = self.lines.pop(0)
        return found if isinstance(found, str) else None

    def flush(self) -> None:
        self.flushed += 1

    def redraw(self) -> None:
        self.redrawn += 1

    @contextmanager
    def watching(
        self, interrupt: Callable[[], None], escape: Callable[[], None] | None = None
    ) -> Iterator[None]:
        self.press, self.escape = interrupt, escape or interrupt
        yield
        self.press = self.escape = lambda: None


@pytest.fixture
def make_chat(tmp_path: Path) -> Callable[..., FakeChat]:
    folder = tmp_path / "project"
    folder.mkdir()
    return lambda *turns: FakeChat(folder, *turns)


async def run(chat: Any, typist: Typist, *, colour: bool = False) -> str:
    out = io.StringIO()
    assert await asyncio.wait_for(Repl(chat, lambda _: typist, out, Ink(colour)).run(), 60) == 0
    return out.getvalue().split("\n", 1)[1]


def answer(text: str = "done") -> Answer:
    return Answer(text, "e9", Usage())


async def test_turn_is_printed_step_by_step(make_chat: Any) -> None:
    call = shell_call("ls")
    result = ToolResult(True, "a.py\nb.py\n", exit_code=0, execution_time_ms=4.2)
    chat = make_chat(
        [
            Thought("look"),
            selected(call),
            Observation(call, result, "e1", "rule"),
            Notice("trimmed"),
            TextDelta("Two "),
            TextDelta("files."),
            answer("Two files."),
        ]
    )
    assert await run(chat, Typist("what is here?")) == (
        'look\n> run_shell(command="ls")\n  ok, exit 0, 4 ms\n  a.py\n  b.py\nnote: trimmed\nTwo files.\n'
    )
    assert chat.requests == ["what is here?"]


async def test_answer_that_was_not_streamed_is_printed_once(make_chat: Any) -> None:
    assert await run(make_chat([answer("whole")]), Typist("x")) == "whole\n"


async def test_diff_of_a_write_is_shown_unless_the_person_saw_it(make_chat: Any) -> None:
    call = shell_call()
    result = ToolResult(True, "written", diff="--- a\n+++ b\n-x\n+y\n")
    chat = make_chat(
        [Observation(call, result, "e", "mode"), answer()],
        [Observation(call, result, "e", "person"), answer()],
    )
    first, second = (await run(chat, Typist("1", "2"))).split("done\n")[:2]
    assert "-x\n+y" in first
    assert "+y" not in second


@pytest.mark.parametrize("streamed", ["", "a\nb\n"])
async def test_an_answer_does_not_quote_what_stands_there(make_chat: Any, streamed: str) -> None:
    seen = Observation(shell_call(), ToolResult(True, "exit code 0\na\nb", exit_code=0), "e", "mode")
    said = answer("Listed.\n\n```\nexit code 0\na\nb\n```")
    steps = [Progress("c1", streamed), seen, said] if streamed else [seen, said]
    shown = await run(make_chat(steps), Typist("x"))
    assert shown.count("a\n") == 1 and shown.endswith("Listed.\n")


async def test_an_answer_quotes_what_was_folded_away(make_chat: Any) -> None:
    rows = [f"line {n}" for n in range(15)]
    seen = Observation(shell_call(), ToolResult(True, "\n".join(rows)), "e", "mode")
    said = answer("\n".join(["Listed.", "", "```", *rows, "```"]))
    assert (await run(make_chat([seen, said]), Typist("x"))).count("line 14") == 1


async def test_long_output_is_folded_and_said(make_chat: Any) -> None:
    result = ToolResult(True, "\n".join(f"line {n}" for n in range(100)))
    text = await run(make_chat([Observation(shell_call(), result, "e", "mode"), answer()]), Typist("x"))
    assert "  line 11\n  … 88 more lines\n" in text
    assert "line 12" not in text


async def test_output_of_a_running_call_arrives(make_chat: Any) -> None:
    assert await run(
        make_chat([Progress("c", "half "), Progress("c", "whole\n"), answer()]), Typist("x")
    ) == ("half whole\ndone\n")


@pytest.mark.parametrize(
    ("streamed", "result", "printed"),
    [
        ("a\nb\n", "exit code 0\na\nb", "a\nb\n  ok, exit 0\n"),
        ("no end", "exit code 0\nno end", "no end\n  ok, exit 0\n"),
        ("a\n", "stopped after 3.0 s, the time limit; what it printed until then:\na",
         "a\n  ok, exit 0\n  stopped after 3.0 s, the time limit; what it printed until then\n"),
    ],
)  # fmt: skip
async def test_output_that_arrived_is_not_printed_again(
    make_chat: Any, streamed: str, result: str, printed: str
) -> None:
    call = shell_call()
    seen = Observation(call, ToolResult(True, result, exit_code=0), "e", "mode")
    assert await run(make_chat([Progress("c1", streamed), seen, answer()]), Typist("x")) == f"{printed}done\n"


async def test_failure_and_empty_lines_keep_the_program_up(make_chat: Any) -> None:
    chat = make_chat([Failure("the student ended")], [answer("still here")])
    assert await run(chat, Typist("a", "", "   ", "b")) == "the student ended\nstill here\n"


async def test_commands_run_and_unknown_ones_suggest(make_chat: Any) -> None:
    chat = make_chat()
    text = await run(chat, Typist("/mode plan", "/hepl", "/tools"))
    assert chat.facts.mode == "plan"
    assert "did you mean /help?" in text
    assert "read_file  read     Read a text file." in text
    assert chat.requests == []


async def test_jobs_that_ended_are_told_to_a_person_and_to_no_pipe(make_chat: Any) -> None:
    paths.jobs_dir().mkdir(parents=True)
    made(paths.jobs_dir(), "a", {"what": "started"}, {"what": "done"})
    assert "job done" not in await run(make_chat(), Typist("/mode plan", interactive=False))
    assert (await run(make_chat(), Typist("/mode plan"))).count("job done: finetune a student") == 1


async def test_exit_leaves_at_once_and_closes(make_chat: Any) -> None:
    chat = make_chat()
    typist = Typist("/exit", "never read")
    await run(chat, typist)
    assert typist.lines == ["never read"]
    assert chat.closed == 1


async def test_shell_line_runs_and_prints(make_chat: Any) -> None:
    chat = make_chat()
    chat.shell_results["false"] = ToolResult(False, "", exit_code=1)
    chat.shell_results["off"] = ToolResult(False, "no sandbox; apt install bubblewrap")
    text = await run(chat, Typist("!ls -a", "! false ", "!off", "!"))
    assert chat.commands == ["ls -a", "false", "off"]
    assert text == "ran ls -a\nexit 1\nno sandbox; apt install bubblewrap\ntype a command after !\n"


async def test_disk_that_is_full_keeps_the_program_up(make_chat: Any) -> None:
    assert await run(make_chat(), Typist("!fill", "!ls")) == "the disk is full; free some space\nran ls\n"


async def test_E1_shell_output_is_inert(make_chat: Any) -> None:
    chat = make_chat()
    chat.shell_results["evil"] = ToolResult(True, "\x1b]52;c;QQ==\x07\x9b2Jx")
    assert not set(await run(chat, Typist("!evil"))) & {"\x1b", "\x07", "\x9b"}


async def test_interrupt_ends_a_shell_line(make_chat: Any) -> None:
    chat = make_chat()
    typist = Typist("!hang", "!ls")

    async def press() -> None:
        await chat.shell_hangs.wait()
        typist.press()

    pressing = asyncio.create_task(press())
    assert await run(chat, typist) == "interrupted\nran ls\n"
    await pressing


async def test_confirmation_is_asked_after_a_flush_and_answered(make_chat: Any) -> None:
    call = shell_call("rm x")
    chat = make_chat([selected(call), asked(call), answer()])
    typist = Typist("clean up", "y")
    text = await run(chat, typist)
    assert typist.flushed == 1
    assert [reply.verdict for reply in chat.replies] == [Verdict.ONCE]
    assert text.index("The student wants to run:") < text.index("ok, exit 0, 12 ms") < text.index("done")


async def test_ctrl_c_at_a_confirmation_refuses_and_ends_the_turn(make_chat: Any) -> None:
    call = shell_call("rm x")
    chat = make_chat([asked(call), WAIT, answer()], [answer("next")])
    text = await run(chat, Typist("clean up", None, "go on"))
    assert chat.replies[0].verdict is Verdict.REFUSED
    assert chat.cancelled == 1
    assert text.endswith("interrupted\nnext\n")


async def test_D14_without_a_terminal_it_is_refused(make_chat: Any) -> None:
    call = shell_call("rm x")
    chat = make_chat([asked(call), answer()])
    text = await run(chat, Typist("clean up", interactive=False))
    assert chat.replies[0].reason == "no terminal to ask"
    assert "refused" in text


async def test_interrupt_cancels_the_turn_and_the_next_one_works(make_chat: Any) -> None:
    typist = Typist("long", "next")
    chat = make_chat([lambda: typist.press() or Thought("hm"), WAIT], [answer("fine")])
    assert await run(chat, typist) == "hm\ninterrupted\nfine\n"
    assert chat.cancelled == 1


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param("escape", "hm\ninterrupted\nfine\n", id="Esc: it ends, the program goes on"),
        pytest.param("press", "hm\ninterrupted\n", id="Ctrl+C: the program ends"),
    ],
)
async def test_a_second_press_ends_what_ignores_the_first(tmp_path: Path, key: str, said: str) -> None:
    class Deaf(FakeChat):
        async def cancel(self) -> None:
            self.cancelled += 1
            getattr(typist, key)()

    folder = tmp_path / "project"
    folder.mkdir()
    typist = Typist("long", "next")
    chat = Deaf(folder, [lambda: getattr(typist, key)() or Thought("hm"), WAIT], [answer("fine")])
    assert await run(chat, typist) == said
    assert chat.cancelled == 1


async def test_a_later_ctrl_c_is_no_second_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = count(0, 10)
    monkeypatch.setattr("assistant.plain.repl.monotonic", lambda: float(next(times)))
    folder = tmp_path / "project"
    folder.mkdir()
    typist = Typist("long", "again", "next")
    waits = [lambda: typist.press() or Thought("hm"), WAIT]
    assert await run(FakeChat(folder, waits, waits, [answer("fine")]), typist) == (
        "hm\ninterrupted\nhm\ninterrupted\nfine\n"
    )


async def test_interrupt_at_rest_does_nothing(make_chat: Any) -> None:
    chat = make_chat()
    repl_at_rest = Repl(chat, lambda _: Typist(), io.StringIO(), Ink(False))
    repl_at_rest.interrupt()
    assert chat.cancelled == 0


async def test_student_that_does_not_start_is_one_line_and_the_toolbar_is_redrawn(make_chat: Any) -> None:
    class Slow(Typist):
        async def request(self) -> str | None:
            await asyncio.sleep(0.01)
            return await super().request()

    chat = make_chat()
    chat.start_error = "m.gguf: not a GGUF file"
    typist = Slow("/mode")
    assert (await run(chat, typist)).startswith("m.gguf: not a GGUF file\n")
    assert typist.redrawn == 1


async def test_pick_by_number_opens_a_session_and_shows_its_end(make_chat: Any) -> None:
    chat = make_chat()
    old = chat.store.create(chat.workspace)
    for number in range(5):
        old.append(Message("user", f"question {number}"))
        old.append(Message("assistant", f"answer {number}"))
    old.close()
    text = await run(chat, Typist("/sessions", "9", "x", "1"))
    assert chat.session.id == old.id
    assert text.count("type a number from 1 to 1") == 2
    assert "... 4 earlier messages\n> question 2\nanswer 2\n" in text
    assert "question 1" not in text


async def test_pick_without_a_terminal_only_lists(make_chat: Any) -> None:
    chat = make_chat()
    old = chat.store.create(chat.workspace)
    old.append(Message("user", "find it"))
    old.close()
    before = chat.session.id
    assert "find it" in await run(chat, Typist("/sessions", interactive=False))
    assert chat.session.id == before


async def test_E8_colour_only_where_it_is_wanted(make_chat: Any) -> None:
    turn = [Thought("hm"), selected(shell_call()), answer("```python\nimport os\n```")]
    assert "\x1b" in await run(make_chat(turn), Typist("x"), colour=True)
    assert "\x1b" not in await run(make_chat(turn), Typist("x"))


async def test_interrupt_at_rest_leaves_where_no_prompt_reads_keys(make_chat: Any) -> None:
    class Silent(Typist):
        async def request(self) -> str | None:
            asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
            return await asyncio.Event().wait() and None

    chat = make_chat()
    silent = Repl(chat, lambda _: Silent(interactive=False), io.StringIO(), Ink(False))
    assert await asyncio.wait_for(silent.run(), 60) == 130
    assert chat.closed == 1


@contextmanager
def piped(monkeypatch: Any, text: str) -> Iterator[None]:
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield


def test_lines_of_a_pipe_are_requests_and_its_end_leaves(
    make_chat: Any, monkeypatch: Any, capsys: Any
) -> None:
    chat = make_chat([answer("one")], [answer("two")])
    with piped(monkeypatch, "first \\\nline\n/mode auto\nsecond"):
        assert asyncio.run(repl.run_chat(chat)) == 0
    assert chat.requests == ["first \nline", "second"]
    assert capsys.readouterr().out.endswith("one\nmode auto: everything inside the sandbox passes\ntwo\n")


def test_lines_of_a_file_are_requests(make_chat: Any, monkeypatch: Any, tmp_path: Path, capsys: Any) -> None:
    script = tmp_path / "requests.txt"
    script.write_bytes(b"hello \xff\r\n")
    chat = make_chat([answer("ok")])
    with script.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert asyncio.run(repl.run_chat(chat)) == 0
    assert chat.requests == ["hello \ufffd"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_E6_a_signal_ends_the_program_and_closes_the_chat(
    make_chat: Any, monkeypatch: Any, number: int
) -> None:
    chat = make_chat([lambda: os.kill(os.getpid(), number) or Thought("hm"), WAIT])
    with piped(monkeypatch, "long\n"):
        assert asyncio.run(repl.run_chat(chat)) == 128 + number
    assert chat.closed == 1


async def test_line_reader_waits_without_blocking_and_can_be_cancelled() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        reader = LineReader(stdin, io.StringIO())
        waiting = asyncio.create_task(reader.request())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        os.write(writing, b"half")
        second = asyncio.create_task(reader.line("now? ", "old"))
        await asyncio.sleep(0.01)
        assert not second.done()
        os.write(writing, b" whole\nmore")
        assert await second == "half whole"
        os.close(writing)
        assert await reader.request() == "more"
        assert await reader.request() is None


async def test_text_that_was_streamed_before_a_call_is_not_repeated_as_its_thought(
    make_chat: Callable[..., FakeChat],
) -> None:
    said = "I look first."
    call = shell_call("ls")
    ran = Observation(call, ToolResult(True, "a.py"), "e1", "mode")
    chat = make_chat([TextDelta(said), Thought(said), selected(call), ran, answer("There is a.py.")])
    out = await run(chat, Typist("what is here?"))
    assert out.count(said) == 1
    assert "There is a.py." in out
