"""The confirmation at the prompt."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from assistant.agent.steps import Confirmation, Reply, Verdict
from assistant.plain.confirm import ONCE_QUESTION, QUESTION, ask_person, question_text
from assistant.plain.ink import Ink
from assistant.tui.external_editor import EditorError
from tests.assistant.fake_chat import asked, shell_call
from tools.calls import Risk, ToolCall


@pytest.fixture(autouse=True)
def no_editor_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)


class Typist:
    """Types the given lines, None is Ctrl+C; ``edits`` are what it leaves in an editor."""

    def __init__(self, *lines: str | None, edits: Sequence[str] = ()) -> None:
        self.lines = list(lines)
        self.edits = list(edits)
        self.edited: list[tuple[str, str]] = []
        self.asked: list[tuple[str, str]] = []
        self.flushed_before = -1

    def flush(self) -> None:
        self.flushed_before = len(self.asked)

    async def edit(self, text: str, name: str) -> str:
        if not self.edits:
            raise EditorError("no editor here")
        self.edited.append((text, name))
        return self.edits.pop(0)

    async def line(self, prompt: str, default: str = "") -> str | None:
        self.asked.append((prompt, default))
        return self.lines.pop(0)


async def reply_to(typist: Typist, call: ToolCall | None = None, **changes: Any) -> tuple[Reply | None, str]:
    written: list[str] = []
    step = asked(call or shell_call("rm -rf build"), **changes)()
    return await ask_person(step, typist, written.append, Ink(False)), "".join(written)


def text_of(call: ToolCall, **facts: Any) -> str:
    async def made() -> Confirmation:
        return Confirmation(call, Risk.EXECUTE, **{"rule": "run_shell(ls)", **facts})

    return question_text(asyncio.run(made()), Ink(False))


@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ("y", Verdict.ONCE),
        (" YES ", Verdict.ONCE),
        ("s", Verdict.SESSION),
        ("a", Verdict.ALWAYS),
        ("always", Verdict.ALWAYS),
        ("n", Verdict.REFUSED),
        ("", Verdict.REFUSED),
        ("   ", Verdict.REFUSED),
    ],
)
async def test_answers(typed: str, verdict: Verdict) -> None:
    reply, _ = await reply_to(Typist(typed))
    assert reply == Reply(verdict)


async def test_text_after_n_is_the_reason() -> None:
    reply, _ = await reply_to(Typist("n use trash instead "))
    assert reply == Reply(Verdict.REFUSED, reason="use trash instead")


@pytest.mark.parametrize("typed", ["yolo", "ok", "yy", "да", "1", "true", "\x1b"])
async def test_anything_else_asks_again_and_approves_nothing(typed: str) -> None:
    typist = Typist(typed, "")
    reply, written = await reply_to(typist)
    assert reply == Reply(Verdict.REFUSED)
    assert "answer with one of the letters" in written
    assert len(typist.asked) == 2


async def test_interrupted_question_is_no_reply() -> None:
    reply, _ = await reply_to(Typist(None))
    assert reply is None


async def test_D15_typed_ahead_keys_are_dropped_before_the_first_question() -> None:
    typist = Typist("n")
    await reply_to(typist)
    assert typist.flushed_before == 0


async def test_without_a_rule_only_this_call_can_be_approved() -> None:
    typist = Typist("a", "s", "y")
    reply, written = await reply_to(typist, rule="")
    assert reply == Reply(Verdict.ONCE)
    assert [prompt for prompt, _ in typist.asked] == [ONCE_QUESTION] * 3
    assert "always" not in ONCE_QUESTION
    assert "would allow" not in written


async def test_rule_is_shown_with_the_question() -> None:
    typist = Typist("a")
    _, written = await reply_to(typist, rule="run_shell(rm *)")
    assert "session, and always in this workspace, would allow: run_shell(rm *)" in written
    assert typist.asked == [(QUESTION, "")]


async def test_what_a_rule_opens_is_shown_with_it() -> None:
    _, written = await reply_to(Typist("n"), rule="run_shell(pytest *)", opens="runs the tests\u2800")
    assert "would allow: run_shell(pytest *)\n  such a rule runs the tests\\u2800\n" in written


async def test_a_command_is_edited_at_the_prompt_where_no_editor_is_named() -> None:
    typist = Typist("e", "ls 'a b'")
    reply, _ = await reply_to(typist)
    assert typist.asked[1] == ("command.sh: ", "rm -rf build")
    assert reply == Reply(Verdict.EDITED, arguments={"command": "ls 'a b'"})


async def test_a_command_is_edited_in_the_editor_that_the_user_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "vim")
    typist = Typist("e", edits=["ls"])
    reply, _ = await reply_to(typist)
    assert typist.edited == [("rm -rf build", "command.sh")]
    assert reply == Reply(Verdict.EDITED, arguments={"command": "ls"})


async def test_a_file_is_edited_as_its_text() -> None:
    call = ToolCall("c", "write_file", {"path": "src/a.py", "content": "x\ny\n"})
    typist = Typist("edit", edits=["x\nz\n"])
    reply, _ = await reply_to(typist, call)
    assert typist.edited == [("x\ny\n", "a.py")]
    assert reply == Reply(Verdict.EDITED, arguments={"path": "src/a.py", "content": "x\nz\n"})


async def test_an_edit_that_changes_nothing_asks_again() -> None:
    call = ToolCall("c", "write_file", {"path": "a", "content": "x\ny"})
    reply, _ = await reply_to(Typist("e", "n", edits=["x\ny"]), call)
    assert reply == Reply(Verdict.REFUSED)


@pytest.mark.parametrize("command", ["a\nb", "a\x1bb", "a\u202eb"])
async def test_edit_never_hides_what_a_line_cannot_show(command: str) -> None:
    typist = Typist("e", "n", "n", edits=[""])
    await reply_to(typist, shell_call(command))
    (text, _), *_ = typist.edited
    assert "\x1b" not in text and "\u202e" not in text


async def test_a_mistake_is_said_and_nothing_that_was_typed_is_lost() -> None:
    call = ToolCall("c", "edit_file", {"path": "a", "old_text": "x", "new_text": "y"})
    typist = Typist("e", "", edits=["path = \n", 'path = "b"'])
    reply, written = await reply_to(typist, call)
    assert "line 1, column 8: Invalid value\n" in written
    assert typist.edited[1] == ("path = \n", "call.toml")
    assert reply == Reply(Verdict.EDITED, arguments={"path": "b"})


async def test_an_editor_that_fails_is_said_and_the_question_stands() -> None:
    call = ToolCall("c", "write_file", {"path": "a", "content": "x\ny"})
    reply, written = await reply_to(Typist("e", "n"), call)
    assert "no editor here\n" in written
    assert reply == Reply(Verdict.REFUSED)


@pytest.mark.parametrize("given_up", ["", None])
async def test_empty_edit_runs_nothing(given_up: str | None) -> None:
    reply, _ = await reply_to(Typist("e", given_up, "n"))
    assert reply == Reply(Verdict.REFUSED)


def test_question_shows_call_reasons_place_and_diff() -> None:
    call = ToolCall("c", "edit_file", {"path": "a.py", "old_text": "x", "new_text": "y"})
    text = text_of(
        call,
        reasons=("mode ask asks", "and so"),
        where="docker, no network",
        preview="-x\n+y\n",
        rule="edit_file",
    )
    assert text == (
        "The student wants to run:\n"
        "  edit_file\n"
        '    path = "a.py"\n'
        '    old_text = "x"\n'
        '    new_text = "y"\n'
        "-x\n"
        "+y\n"
        "  asked because mode ask asks\n"
        "  asked because and so\n"
        "  runs in docker, no network\n"
        "  session, and always in this workspace, would allow: edit_file\n"
    )


@pytest.mark.parametrize(
    "hidden", ["\x1b[2K", "\x1b[1A", "\x08\x08", "\u202e", "\u200b", "\x00", "\x9b2J", "\r", "\ud800"]
)
def test_D11_nothing_in_the_call_is_hidden(hidden: str) -> None:
    for text in (
        text_of(shell_call(f"ls {hidden}; rm x")),
        text_of(shell_call("ls"), preview=f"+{hidden}rm"),
        text_of(shell_call("ls"), reasons=(hidden,), where=hidden, rule=f"x{hidden}"),
        text_of(ToolCall("c", f"run{hidden}", {f"a{hidden}": 1})),
    ):
        assert hidden not in text
        assert text.encode("utf-8")


def test_D11_padding_cannot_push_a_part_out_of_sight() -> None:
    text = text_of(shell_call("ls" + " " * 500 + "; rm -rf ~"))
    assert "⟨500 spaces⟩" in text
    assert "; rm -rf ~" in text


def test_a_command_that_is_named_runs_once_in_words() -> None:
    call = ToolCall("c1", "run_tests", {})
    assert "\n  runs npm test · docker, no network\n" in text_of(
        call, where="runs npm test · docker, no network"
    )


def test_a_line_break_in_a_command_does_not_forge_a_line() -> None:
    text = text_of(shell_call("ls\n  runs in nowhere"))
    assert '    command = "ls\\n  runs in nowhere"\n' in text
