"""/clear /sessions /save /load /export over a real store."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant import paths
from assistant.commands import registry
from assistant.commands.base import CommandContext
from tests.assistant.commands.recording import Recorder
from tests.assistant.fake_chat import FakeChat
from tools.protocol.messages import Message


def made(tmp_path: Path, **options: Any) -> tuple[FakeChat, Recorder, CommandContext]:
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    chat: Any = FakeChat(folder)
    interface = Recorder(**options)
    return chat, interface, CommandContext(chat, interface)


def stored(chat: FakeChat, request: str) -> str:
    """An earlier session of the workspace; its id."""
    session = chat.store.create(chat.workspace)
    session.append(Message("user", request))
    session.append(Message("assistant", "done"))
    session.close()
    return session.id


@pytest.mark.parametrize("name", ["clear", "new", "reset"])
async def test_clear_begins_a_new_session_and_keeps_the_old(tmp_path: Path, name: str) -> None:
    chat, interface, context = made(tmp_path)
    chat.session.append(Message("user", "hello"))
    old = chat.session.id
    await registry.dispatch(context, f"/{name}")
    assert chat.session.id != old
    assert chat.session.messages == []
    assert interface.changed == 1
    assert old in interface.said[-1][1]
    assert [message.text for message in chat.store.load(old).messages] == ["hello"]


async def test_clear_while_a_turn_runs_is_one_line(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    chat.facts = replace(chat.facts, busy=True)
    await registry.dispatch(context, "/clear")
    assert interface.errors == ["a turn is under way; interrupt it before changing the session"]
    assert interface.changed == 0


async def test_sessions_offers_those_of_the_folder_and_opens_the_choice(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path, picks=0)
    wanted = stored(chat, "find the parser")
    elsewhere = chat.store.create(tmp_path)
    elsewhere.append(Message("user", "other folder"))
    elsewhere.close()
    await registry.dispatch(context, "/resume")
    assert [value for value, _ in interface.offered] == [wanted]
    assert "1 turn  find the parser" in interface.offered[0][1]
    assert chat.session.id == wanted
    assert interface.changed == 1


async def test_sessions_dismissed_changes_nothing(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    stored(chat, "x")
    before = chat.session.id
    await registry.dispatch(context, "/sessions")
    assert (chat.session.id, interface.changed) == (before, 0)


async def test_sessions_panel_and_empty_state(tmp_path: Path) -> None:
    _, interface, context = made(tmp_path, panels=("sessions",))
    await registry.dispatch(context, "/sessions")
    assert interface.opened == ["sessions"]
    _, interface, context = made(tmp_path)
    await registry.dispatch(context, "/sessions")
    assert interface.shown == ["No sessions in this folder yet. They are kept as you go."]


async def test_save_gives_a_title(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    chat.session.append(Message("user", "hello"))
    await registry.dispatch(context, "/save My   parser work")
    assert chat.session.title == "My parser work"
    assert interface.said[-1][1].startswith("My parser work: ")
    [summary] = chat.store.list(chat.workspace)
    assert summary.title == "My parser work"


async def test_save_without_title_says_that_it_is_kept(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    await registry.dispatch(context, "/save")
    assert interface.said == [("information", f"untitled: kept as you go, /load {chat.session.id} opens it")]


async def test_save_of_a_session_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    chat.session = chat.store.load(stored(chat, "x"), read_only=True)
    await registry.dispatch(context, "/save title")
    assert interface.errors == [f"session {chat.session.id} is open for reading only"]


async def test_load_by_id_and_by_title(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    wanted, other = stored(chat, "find the parser"), stored(chat, "fix it")
    await registry.dispatch(context, f"/load {wanted}")
    assert chat.session.id == wanted
    await registry.dispatch(context, "/load fix it")
    assert chat.session.id == other
    assert interface.changed == 2


async def test_load_errors_are_one_line_and_leave_the_session(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    before = chat.session.id
    for line in ("/load", "/load nosuch", f"/load {before}"):
        await registry.dispatch(context, line)
    assert len(interface.errors) == 3
    assert "/sessions lists them" in interface.errors[0]
    assert "nosuch" in interface.errors[1]
    assert "is the one that is open" in interface.errors[2]
    assert all("\n" not in error for error in interface.errors)
    assert chat.session.id == before


async def test_load_completes_ids(tmp_path: Path) -> None:
    chat, _, context = made(tmp_path)
    wanted = stored(chat, "x")
    assert [line for line, _ in registry.complete(context, "/load ")] == [f"/load {wanted}"]
    assert registry.complete(context, "/load zzz") == []


async def test_export_markdown_by_default(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    chat.session.append(Message("user", "hello there"))
    await registry.dispatch(context, "/export")
    file = paths.exports_dir(chat.workspace) / f"session-{chat.session.id}.md"
    assert "## You\n\nhello there" in file.read_text()
    assert interface.said == [("information", f"exported to {file}")]
    assert not file.is_relative_to(chat.workspace) and not list(chat.workspace.iterdir())
    assert paths.exports_dir(chat.workspace.parent) != file.parent


async def test_export_json_by_suffix(tmp_path: Path) -> None:
    chat, _, context = made(tmp_path)
    chat.session.append(Message("user", "hello"))
    await registry.dispatch(context, "/export out.json")
    content = json.loads((chat.workspace / "out.json").read_text())
    assert content["session_id"] == chat.session.id
    assert content["messages"][0]["text"] == "hello"


async def test_export_refuses_to_overwrite(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    (chat.workspace / "keep.md").write_text("mine")
    await registry.dispatch(context, "/export keep.md")
    assert (chat.workspace / "keep.md").read_text() == "mine"
    assert interface.errors == [
        f"{chat.workspace / 'keep.md'} exists and is not overwritten; give another name"
    ]


async def test_export_does_not_write_through_a_link(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    (chat.workspace / "link.md").symlink_to(tmp_path / "target.md")
    await registry.dispatch(context, "/export link.md")
    assert len(interface.errors) == 1
    assert not (tmp_path / "target.md").exists()


@pytest.mark.parametrize("name", ["no/such/folder.md", "\0.md", "~nobody-of-this-name/x.md"])
async def test_export_to_where_nothing_can_be_is_one_line(tmp_path: Path, name: str) -> None:
    _, interface, context = made(tmp_path)
    await registry.dispatch(context, f"/export {name}")
    assert len(interface.errors) == 1
    assert interface.errors[0].startswith("cannot write")
