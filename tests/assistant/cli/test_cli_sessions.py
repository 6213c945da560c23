"""``apprentice sessions``."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.agent.sessions import Session, SessionStore
from assistant.cli.main import main
from assistant.cli.sessions import _ago
from tools.calls import ToolCall
from tools.protocol.messages import Message


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    (tmp_path / "data" / "sessions").mkdir(parents=True)
    return SessionStore(tmp_path / "data" / "sessions")


def told(store: SessionStore, workspace: Path, request: str = "where is it?") -> Session:
    session = store.create(workspace)
    session.append(Message("user", request))
    session.append(Message("assistant", calls=(ToolCall("a", "read_file", {"path": "a.py"}),)))
    session.append(Message("tool", "text", call_id="a", tool="read_file"))
    session.append(Message("assistant", "Here."))
    session.close()
    return session


def test_an_empty_list_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions", "list"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "`apprentice` starts one" in err


def test_an_empty_list_is_an_empty_json_array(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_list_is_of_this_folder_unless_asked(
    store: SessionStore, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = told(store, workspace, "here"), told(store, tmp_path, "there")
    assert main(["sessions", "list"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split() == [here.id, "just", "now", "1", "turn", "here"]
    assert main(["sessions", "list", "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [there.id, here.id]
    assert lines[0].endswith(str(tmp_path))


def test_sessions_of_one_request_are_not_offered(
    store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = told(store, workspace)
    once = store.create(workspace, once=True)
    once.append(Message("user", "answer once"))
    once.close()
    assert [one.id for one in store.list(workspace)] == [mine.id]
    assert {one.id for one in store.list(workspace, once=True)} == {mine.id, once.id}
    found, latest = store.latest_summary(workspace), store.latest_summary(workspace, once=True)
    assert found and found.id == mine.id
    assert latest and latest.id == once.id, "the next -p goes on with the last one of -p"
    assert main(["sessions", "list"]) == 0
    assert once.id not in capsys.readouterr().out
    assert main(["sessions", "list", "--once"]) == 0
    assert once.id in capsys.readouterr().out
    assert main(["sessions", "show", once.id[:20]]) == 0, "it is there by its id"


def test_a_session_of_one_request_is_offered_once_the_user_went_on_with_it(
    store: SessionStore, workspace: Path
) -> None:
    once = store.create(workspace, once=True)
    once.append(Message("user", "answer once"))
    once.close()
    for further, offered in ((True, False), (False, True)):
        opened = store.load(once.id, once=further)
        opened.append(Message("user", "and more"))
        opened.close()
        assert bool(store.list(workspace)) is offered
    mine = told(store, workspace)
    opened = store.load(mine.id, once=True)
    opened.append(Message("user", "-p goes on with it"))
    opened.close()
    assert mine.id in [one.id for one in store.list(workspace)]


def test_the_list_as_json(store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = told(store, workspace)
    assert main(["sessions", "list", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert one.pop("updated") == store.list()[0].updated
    assert one == {
        "id": session.id,
        "title": "where is it?",
        "workspace": str(workspace),
        "turns": 1,
        "problem": "",
        "once": False,
    }


def test_a_title_cannot_control_the_terminal(
    store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(store, workspace, "\x1b]0;owned\x07 hello")
    assert main(["sessions", "list"]) == 0
    assert main(["sessions", "show", "latest"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "hello" in out


def test_show_by_id_title_and_latest(
    store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = told(store, workspace)
    shown = []
    for key in (session.id, session.id[:-2], "where is it?", "latest"):
        assert main(["sessions", "show", key]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0].startswith("# where is it?\n")
    assert shown[0].endswith("## Apprentice\n\nHere.\n")
    assert len(set(shown)) == 1


def test_show_works_while_the_session_is_open(
    store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(store, workspace)
    session = store.latest(workspace)
    assert session is not None
    assert main(["sessions", "show", session.id]) == 0
    session.append(Message("user", "still open"))
    session.close()


def test_export_as_json(store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = told(store, workspace)
    assert main(["sessions", "export", "latest", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["session_id"] == session.id
    assert len(content["messages"]) == 4


def test_export_to_a_file(store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(store, workspace, "\x1b[31m é \ud800")
    assert main(["sessions", "export", "latest", "--raw", "-o", "said.md"]) == 0
    assert capsys.readouterr().out == ""
    assert "\x1b[31m é \\ud800" in (workspace / "said.md").read_text()


def test_an_export_that_cannot_be_written_is_said(
    store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(store, workspace)
    assert main(["sessions", "export", "latest", "-o", "no/such/folder.md"]) == 1
    assert "no/such/folder.md: cannot be written: No such file or directory" in capsys.readouterr().err


def test_what_a_kill_tore_is_said(
    store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = told(store, workspace)
    os.truncate(session.path, session.path.stat().st_size - 3)
    assert main(["sessions", "show", session.id]) == 0
    out, err = capsys.readouterr()
    assert "torn by a kill" in err
    assert "Here." not in out


@pytest.mark.parametrize("arguments", [["show", "nothing"], ["export", "nothing"], ["show", "latest"]])
def test_a_session_that_is_not_there_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["sessions", *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("apprentice: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("before", "said"),
    [(0, "just now"), (59, "just now"), (61, "1 min"), (7200, "2 h"), (86400 * 3, "3 d")],
)
def test_how_long_ago(before: int, said: str) -> None:
    now = datetime(2026, 1, 10, tzinfo=UTC)
    assert _ago((now - timedelta(seconds=before)).isoformat(), now) == said


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-01-01T00:00:00"])
def test_a_moment_that_cannot_be_read(moment: str) -> None:
    assert _ago(moment) == "?"


def test_a_session_with_a_torn_header_is_named(
    store: SessionStore, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder that it is of is not known, so each list says it; what goes on with an older one as well."""
    older, torn = told(store, workspace), told(store, workspace)
    torn.path.write_bytes(torn.path.read_bytes()[20:])
    for number, session in enumerate((older, torn)):
        os.utime(session.path, ns=(number, number))

    assert main(["sessions", "list"]) == 0
    out, err = capsys.readouterr()
    assert (older.id in out, torn.id in out) == (True, False)
    [line] = err.splitlines()
    assert f"{torn.path}: not a session" in line
    assert main(["sessions", "show", "latest"]) == 0
    assert f"{torn.path}: not a session" in capsys.readouterr().err
    latest = store.latest(workspace)
    assert latest is not None
    assert latest.id == older.id
    assert [str(torn.path) in notice for notice in latest.notices] == [True]


def test_a_torn_session_older_than_the_latest_is_not_said_when_going_on(
    store: SessionStore, workspace: Path
) -> None:
    torn, newer = told(store, workspace), told(store, workspace)
    torn.path.write_bytes(b"{")
    for number, session in enumerate((torn, newer)):
        os.utime(session.path, ns=(number, number))

    latest = store.latest(workspace)
    assert latest is not None
    assert latest.notices == ()
