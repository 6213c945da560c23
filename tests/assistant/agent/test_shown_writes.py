"""What the user agreed to is what is written over: a file that changes after it was shown is not lost."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.agent.chat import Chat
from assistant.agent.steps import Answer, Confirmation, Observation, Reply, Step, Verdict
from assistant.plain.confirm import ask_person
from assistant.plain.ink import Ink
from tests.assistant.agent.conftest import MakeChat, take
from training.events.decisions import history
from training.student.base import Decision
from training.student.scripted import answer, call

WRITE = call("write_file", path="config.py", content="DEBUG = False\n")
EDIT = call("edit_file", path="config.py", old_text="True", new_text="False")
NEW = call("write_file", path="new/notes.txt", content="hello\n")
DONE = answer("All done.")
REFUSED = "changed since it was shown; nothing was written"


def saves(path: str, content: str | None) -> Callable[[Path], None]:
    """What the user does in their editor while the question stands."""

    def act(workspace: Path) -> None:
        file = workspace / path
        if content is None:
            file.unlink()
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)

    return act


def swaps_file(workspace: Path) -> None:
    (workspace / "config.py").rename(workspace / "kept.py")
    (workspace / "config.py").symlink_to("README.md")


def swaps_folder(workspace: Path) -> None:
    (workspace / "other").mkdir()
    (workspace / "other" / "notes.txt").write_text("mine\n")
    (workspace / "new").symlink_to("other")


def same_size_and_time(workspace: Path) -> None:
    file = workspace / "config.py"
    before = file.stat()
    file.write_text("DEBUG = MINE\n"[: before.st_size])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


CASES = [
    pytest.param(WRITE, saves("config.py", "MINE = 1\n"), "+MINE = 1", id="write over a saved file"),
    pytest.param(WRITE, same_size_and_time, "+DEBUG = MINE"[:12], id="the same size and time"),
    pytest.param(WRITE, saves("config.py", None), "does not exist any more", id="write over a removed file"),
    pytest.param(WRITE, saves("config.py", "a\0b"), REFUSED, id="write over what is no text any more"),
    pytest.param(WRITE, swaps_file, "leads to another file", id="write through a new link"),
    pytest.param(EDIT, saves("config.py", "DEBUG = True\nMINE = 1\n"), "+MINE = 1", id="edit a saved file"),
    pytest.param(EDIT, saves("config.py", "MINE = 1\n"), "+MINE = 1", id="edit where the text is gone"),
    pytest.param(EDIT, swaps_file, "leads to another file", id="edit through a new link"),
    pytest.param(NEW, saves("new/notes.txt", "mine\n"), "+mine", id="create what exists by now"),
    pytest.param(NEW, swaps_folder, "leads to another file", id="create in a folder that is a link by now"),
]


def state(workspace: Path) -> dict[str, bytes]:
    found = (path for path in workspace.rglob("*") if path.is_file())
    return {str(path.relative_to(workspace)): path.read_bytes() for path in found}


def observed(steps: list[Step]) -> Observation:
    (found,) = [step for step in steps if isinstance(step, Observation)]
    return found


@pytest.mark.parametrize(("decision", "act", "said"), CASES)
async def test_C11_what_changes_while_the_question_stands_is_not_written_over(
    make_chat: MakeChat, workspace: Path, decision: Decision, act: Callable[[Path], None], said: str
) -> None:
    chat = make_chat([decision, DONE])
    left: dict[str, bytes] = {}

    def reply(_: Confirmation) -> Reply:
        act(workspace)
        left.update(state(workspace))
        return Reply(Verdict.ONCE)

    result = observed(await take(chat, "do it", reply)).result
    assert not result.success and "nothing was written" in result.text and said in result.text
    assert state(workspace) == left
    assert not list(workspace.rglob("*.apprentice-new"))
    await chat.close()


async def test_what_does_not_apply_any_more_is_said(make_chat: MakeChat, workspace: Path) -> None:
    chat = make_chat([WRITE, DONE], student__model="embedded", student__adapter="none")

    def reply(_: Confirmation) -> Reply:
        (workspace / "config.py").write_text("MINE = 1\n")
        return Reply(Verdict.ONCE)

    *_, said = await take(chat, "do it", reply)
    assert isinstance(said, Answer)
    assert said.text == f"write_file config.py failed: config.py {REFUSED}. Nothing was changed."
    await chat.close()


@pytest.mark.parametrize("verdict", [Verdict.SESSION, Verdict.ALWAYS])
async def test_C11_however_the_user_agrees(make_chat: MakeChat, workspace: Path, verdict: Verdict) -> None:
    chat = make_chat([WRITE, DONE])

    def reply(asked: Confirmation) -> Reply:
        (workspace / "config.py").write_text("MINE = 1\n")
        return Reply(verdict)

    result = observed(await take(chat, "do it", reply)).result
    assert result.text.startswith(f"config.py {REFUSED}. What changed:\n")
    assert (workspace / "config.py").read_text() == "MINE = 1\n"
    await chat.close()


async def test_C11_what_stays_as_it_was_shown_is_written_and_the_next_question_is_fresh(
    make_chat: MakeChat, workspace: Path
) -> None:
    chat = make_chat([WRITE, call("write_file", path="config.py", content="DEBUG = None\n"), DONE])
    asked: list[Confirmation] = []

    def reply(confirmation: Confirmation) -> Reply:
        asked.append(confirmation)
        if len(asked) == 1:
            (workspace / "config.py").write_text("MINE = 1\n")
        return Reply(Verdict.ONCE)

    await take(chat, "do it", reply)
    assert "-DEBUG = True" in asked[0].preview and "-MINE = 1" in asked[1].preview
    assert (workspace / "config.py").read_text() == "DEBUG = None\n"
    await chat.close()


async def test_C11_an_edited_call_is_shown_as_it_is_now_before_it_runs(
    make_chat: MakeChat, workspace: Path
) -> None:
    chat = make_chat([WRITE, DONE])
    asked: list[Confirmation] = []

    def reply(confirmation: Confirmation) -> Reply:
        asked.append(confirmation)
        if len(asked) == 1:
            return Reply(Verdict.EDITED, arguments={"path": "config.py", "content": "DEBUG = None\n"})
        return Reply(Verdict.REFUSED)

    assert observed(await take(chat, "do it", reply)).confirmed_by == "refused"
    assert "+DEBUG = None" in asked[1].preview and asked[1].reasons[0].startswith("you edited it")
    assert (workspace / "config.py").read_text() == "DEBUG = True\n"
    await chat.close()


async def test_C11_an_edited_call_to_another_file_is_shown_before_it_runs(
    make_chat: MakeChat, workspace: Path
) -> None:
    chat = make_chat([WRITE, DONE])
    asked: list[Confirmation] = []

    def reply(confirmation: Confirmation) -> Reply:
        asked.append(confirmation)
        if len(asked) == 1:
            return Reply(Verdict.EDITED, arguments={"path": "README.md", "content": "new\n"})
        (workspace / "README.md").write_text("saved meanwhile\n")
        return Reply(Verdict.ONCE)

    result = observed(await take(chat, "do it", reply)).result
    assert "-# Demo\n+new" in asked[1].preview and asked[1].call.arguments["path"] == "README.md"
    assert REFUSED in result.text and (workspace / "README.md").read_text() == "saved meanwhile\n"
    (row,) = [row for row in history(chat.log) if row["tool_selected"] == "write_file"]
    assert row["review"]["verdict"] == "corrected", "the second yes is no other review"
    await chat.close()


class Editor:
    """Saves a file before it types each of ``lines``."""

    def __init__(self, file: Path, *lines: str) -> None:
        self.file = file
        self.lines = list(lines)

    def flush(self) -> None:
        return None

    async def line(self, prompt: str, default: str = "") -> str | None:
        self.file.write_text(f"MINE = {len(self.lines)}\n")
        return self.lines.pop(0)

    async def edit(self, text: str, name: str) -> str:
        return "x\n"


@pytest.mark.parametrize("lines", [("y",), ("s",), ("e", "y")], ids=["y", "s", "e"])
async def test_C11_at_the_prompt_of_the_repl_and_of_one_request(
    make_chat: MakeChat, workspace: Path, lines: tuple[str, ...]
) -> None:
    chat: Chat = make_chat([WRITE, DONE])
    editor = Editor(workspace / "config.py", *lines)
    steps: list[Step] = []
    async for step in chat.ask("do it"):
        steps.append(step)
        if isinstance(step, Confirmation):
            reply = await ask_person(step, editor, lambda _: None, Ink(colour=False))
            step.reply.set_result(reply or Reply(Verdict.REFUSED))
    assert REFUSED in observed(steps).result.text
    assert (workspace / "config.py").read_text() == "MINE = 1\n"
    await chat.close()
