"""/undo, /redo, /rewind and /diff over real turns, sessions and snapshots; no sandbox."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.agent.chat import Chat
from assistant.agent.rewinding import Record, since
from assistant.agent.steps import Confirmation, Notice, Observation, Reply, Step, Verdict
from assistant.commands import registry
from assistant.commands.base import CommandContext
from assistant.settings import load_settings
from assistant.wiring import build_chat
from sandbox.snapshots import Snapshot, SnapshotError
from tools.calls import ToolCall
from training.events.base import EventType
from training.events.decisions import history
from training.labels import label_of
from training.student.base import Decision
from training.student.scripted import ScriptedStudent

from .recording import Recorder


def writes(number: int, path: str, content: str) -> list[Decision]:
    call = ToolCall(f"c{number}", "write_file", {"path": path, "content": content})
    return [Decision(calls=(call,)), Decision(answer="done")]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def chat(workspace: Path) -> Chat:
    """Two turns: the first makes ``a`` and the second ``b``."""
    flags = {"sandbox.engine": "off", "student.model": "scripted.gguf", "mode": "auto"}
    settings = load_settings(workspace, flags=flags, environ={})
    script = [*writes(1, "a", "one"), *writes(2, "b", "two"), *writes(3, "c", "three")]
    return build_chat(settings, workspace, make=lambda _: ScriptedStudent(script))


async def asked(
    chat: Chat,
    request: str,
    verdict: Verdict = Verdict.REFUSED,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[Step]:
    """The steps of a turn; ``meanwhile`` is done once a call has its outcome."""
    steps: list[Step] = []
    async for step in chat.ask(request):
        steps.append(step)
        if isinstance(step, Observation):
            meanwhile()
        if isinstance(step, Confirmation):
            step.reply.set_result(Reply(verdict))
    return steps


async def typed(chat: Chat, line: str, *picks: int | None) -> Recorder:
    seen = Recorder()
    chosen = iter(picks)
    offered: list[list[tuple[str, str]]] = []

    async def pick(title: str, choices: object) -> str | None:
        rows = list(choices)  # type: ignore[call-overload]
        offered.append(rows)
        at = next(chosen)
        return None if at is None else rows[at][0]

    seen.pick = pick  # type: ignore[method-assign,assignment]
    assert await registry.dispatch(CommandContext(chat, seen), line)
    seen.offered = [row for rows in offered for row in rows]
    return seen


def files(workspace: Path) -> str:
    return " ".join(sorted(path.name for path in workspace.iterdir()))


@pytest.mark.slow
async def test_undo_goes_back_turn_by_turn_and_redo_forth(chat: Chat, workspace: Path) -> None:
    await asked(chat, "make a")
    await asked(chat, "make b")
    await typed(chat, "/undo")
    assert files(workspace) == "a"
    await typed(chat, "/undo")
    assert files(workspace) == ""
    assert (await typed(chat, "/undo")).errors
    await typed(chat, "/redo")
    assert files(workspace) == "a"
    await typed(chat, "/redo")
    assert files(workspace) == "a b"
    assert chat.session.messages[-1].text == "I brought back 1 file: b"
    reviews = chat.log.read(event_type=EventType.DECISION_REVIEWED)
    assert [one.data["verdict"] for one in reviews] == ["undone", "undone", "redone", "redone"]
    assert [row["review"] for row in history(chat.log)] == [None] * len(history(chat.log))
    await chat.close()


@pytest.mark.slow
async def test_C11_what_the_person_changed_since_is_named_and_kept(chat: Chat, workspace: Path) -> None:
    await asked(chat, "make a")
    (workspace / "a").write_text("mine")
    dismissed = await typed(chat, "/undo", None)
    assert "a" in dismissed.shown[0] and (workspace / "a").read_text() == "mine"
    await typed(chat, "/undo", 0)
    assert files(workspace) == ""
    await chat.close()


@pytest.mark.slow
async def test_what_others_changed_during_a_turn_is_asked_about(chat: Chat, workspace: Path) -> None:
    (workspace / "mine").write_text("one\n")
    await asked(chat, "make a", meanwhile=lambda: (workspace / "mine").write_text("two\n"))
    facts = chat.session.facts[0]
    assert ([one.path for one in facts.changed], facts.meanwhile) == (["a"], ("mine",))
    seen = await typed(chat, "/undo", 0)
    assert "mine" in seen.shown[0] and seen.offered[0][1] == "only the other 1 file"
    assert files(workspace) == "mine" and (workspace / "mine").read_text() == "two\n"
    await typed(chat, "/redo")
    assert files(workspace) == "a mine" and (workspace / "mine").read_text() == "two\n"
    assert [one.path for one in chat.session.facts[0].changed] == ["a"]
    await chat.close()


@pytest.mark.slow
async def test_rewind_takes_conversation_files_or_both(chat: Chat, workspace: Path) -> None:
    await asked(chat, "make a")
    await asked(chat, "make b")
    before = chat.session.path.read_bytes()
    seen = await typed(chat, "/rewind", 0, 1)
    assert chat.status().context_used > 0
    assert seen.changed == 1 and files(workspace) == "a b"
    assert [one.text for one in chat.session.messages if one.role == "user"] == ["make a"]
    assert chat.session.path.read_bytes().startswith(before)
    verdicts = [label_of(row).verdict for row in history(chat.log) if row["tool_selected"] == "write_file"]
    assert verdicts[1] == "negative" and (history(chat.log)[-1]["review"] or {})["verdict"] == "rewound"
    assert history(chat.log)[0]["review"] is None
    await asked(chat, "make c")
    await typed(chat, "/rewind", 0, 2)
    assert files(workspace) == "a b"
    assert "make c" in [one.text for one in chat.session.messages]
    await typed(chat, "/rewind", -1, 0)
    assert files(workspace) == "" and chat.session.messages == []
    assert chat.store.load(chat.session.id, read_only=True).messages == []
    await chat.close()


@pytest.mark.slow
async def test_diff_shows_the_turn_or_the_session(chat: Chat, workspace: Path) -> None:
    await asked(chat, "make a")
    await asked(chat, "make b")
    turn, session = await typed(chat, "/diff"), await typed(chat, "/diff session")
    assert "+two" in turn.shown[0] and "+one" not in turn.shown[0]
    assert "+two" in session.shown[0] and "+one" in session.shown[0]
    await chat.close()


class Full:
    """A store on a full disk."""

    def take(self, *_: object) -> object:
        raise SnapshotError("the disk is full")

    def look(self) -> object:
        raise SnapshotError("the disk is full")


@pytest.mark.parametrize(("verdict", "left"), [(Verdict.REFUSED, ""), (Verdict.ONCE, "a")])
async def test_B06_without_room_for_a_snapshot_the_person_decides(
    chat: Chat, workspace: Path, verdict: Verdict, left: str
) -> None:
    chat._talk.keeping._store = Full()  # type: ignore[assignment]
    steps = await asked(chat, "make a", verdict)
    (question,) = [step for step in steps if isinstance(step, Confirmation)]
    assert question.reasons == ("the disk is full; /undo could not take back what this call changes",)
    assert files(workspace) == left
    await chat.close()


@pytest.mark.slow
async def test_what_a_snapshot_leaves_out_is_said_once(chat: Chat, workspace: Path) -> None:
    with (workspace / "big").open("wb") as file:
        file.truncate(17 << 20)
    said = [step.text for step in await asked(chat, "make a") if isinstance(step, Notice)]
    assert said == ["not in the snapshot, so /undo cannot bring them back: big (too large)"]
    assert not [step for step in await asked(chat, "make b") if isinstance(step, Notice)]
    await chat.close()


@pytest.mark.slow
async def test_a_turn_whose_end_was_lost_is_asked_about(chat: Chat, workspace: Path) -> None:
    await asked(chat, "make a")
    way = chat.rewinding
    assert way is not None
    (record,) = way.records()
    assert record.after is not None
    way._store._opened().run("update-ref", "-d", f"refs/snapshots/{record.after.number:010}")
    assert "a" in (await typed(chat, "/undo", None)).shown[0]
    await chat.close()


def test_places_that_come_again_mean_the_last_turn_there() -> None:
    def record(number: int, index: int, tree: str = "new") -> Record:
        facts = {"index": index}
        return Record("turn", Snapshot(number, "", "old", facts), Snapshot(number + 1, "", tree))

    turns = [record(1, 0), record(3, 4), record(5, 8), record(7, 4), record(9, 6, "old")]
    assert [one.number for one in since(turns, 4)] == [7]
    assert [one.number for one in since(turns, 0)] == [1, 3, 5, 7]
    assert since(turns, 5) == []
