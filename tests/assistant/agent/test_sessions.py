"""Sessions on disk: what is kept, how it is found again, and how fast."""

import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.agent.session_records import INTERRUPTED, title_of
from assistant.agent.sessions import Session, SessionError, SessionStore
from tools.calls import ToolCall
from tools.protocol.messages import Message


def user(text: str = "where is parse_config?") -> Message:
    return Message("user", text)


def calls(*ids: str) -> Message:
    return Message(
        "assistant", calls=tuple(ToolCall(i, "read_file", {"path": f"{i}.py"}) for i in ids), thought="hm"
    )


def observation(call_id: str, text: str = "def parse_config(): ...") -> Message:
    return Message("tool", text, call_id=call_id, tool="read_file")


def answer(text: str = "in settings.py") -> Message:
    return Message("assistant", text)


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    folder = tmp_path / "sessions"
    folder.mkdir()
    return SessionStore(folder)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


def reloaded(store: SessionStore, session: Session) -> Session:
    session.close()
    return store.load(session.id)


def test_a_session_comes_to_disk_with_its_first_message(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.rename("a title")
    session.clear()
    assert list(store.folder.iterdir()) == []
    session.append(user())
    assert [path.name for path in store.folder.iterdir()] == [f"{session.id}.jsonl"]
    assert stat.S_IMODE(session.path.stat().st_mode) == 0o600
    assert reloaded(store, session).title == "a title"


def test_all_of_a_turn_comes_back(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    turn = [user(), calls("a", "b"), observation("a"), observation("b", ""), answer()]
    for message in turn:
        session.append(message)
    again = reloaded(store, session)
    assert again.messages == turn
    assert (again.id, again.workspace, again.created) == (session.id, str(workspace), session.created)
    assert again.updated >= again.created
    assert again.notices == ()


@pytest.mark.parametrize(
    "text",
    ["", "a\nb\r\n\u2028c", "\x00\x1b[31m", "\ud800 lone", "déjà vu 漢字 🙂", "x" * 1_000_000, '\\n"{}'],
)
def test_any_text_comes_back(store: SessionStore, workspace: Path, text: str) -> None:
    session = store.create(workspace)
    session.append(user(text))
    session.append(observation("a", text))
    again = reloaded(store, session)
    assert [message.text for message in again.messages] == [text, text]
    assert again.notices == ()


def test_what_cannot_be_written_changes_nothing(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.append(user())
    with pytest.raises(SessionError, match="cannot be kept"):
        session.append(Message("assistant", calls=(ToolCall("a", "t", {"x": object()}),)))
    assert session.messages == [user()]
    assert reloaded(store, session).messages == [user()]


def test_a_message_costs_only_its_own_bytes(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    for _ in range(50):
        session.append(user("x" * 100))
    before = session.path.stat().st_size
    session.append(user("y"))
    assert 0 < session.path.stat().st_size - before < 250


def test_the_title_is_the_first_request_until_it_is_renamed(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.append(user("\n  find   the bug\nin this: ..."))
    session.append(user("and mend it"))
    assert session.title == "find the bug"
    session.rename("  the\nbug ")
    session.append(user("thanks"))
    assert reloaded(store, session).title == "the bug"
    assert [one.title for one in store.list()] == ["the bug"]


def test_long_titles_are_cut() -> None:
    assert title_of("word " * 50).endswith("…")
    assert len(title_of("word " * 50)) == 72
    assert title_of(" \n ") == ""


def test_truncate_forgets_but_the_file_keeps(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    for text in ("one", "two", "three"):
        session.append(user(text))
    session.truncate(1)
    session.append(user("four"))
    assert [m.text for m in session.messages] == ["one", "four"]
    assert [m.text for m in reloaded(store, session).messages] == ["one", "four"]
    assert "three" in session.path.read_text()
    assert store.list()[0].turns == 2


def test_clear_forgets_everything(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.append(user())
    session.clear()
    assert reloaded(store, session).messages == []
    assert store.list()[0].turns == 0


def test_truncating_further_than_there_is_writes_nothing(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.append(user())
    size = session.path.stat().st_size
    session.truncate(5)
    assert session.path.stat().st_size == size
    session.truncate(-1)
    assert session.messages == []


def test_I16_a_call_cut_off_by_a_kill_has_an_unknown_outcome(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    for message in (user(), calls("a", "b", "c"), observation("b")):
        session.append(message)
    again = reloaded(store, session)
    assert again.messages[3:] == [
        Message("tool", INTERRUPTED, call_id="a", tool="read_file", failed=True),
        Message("tool", INTERRUPTED, call_id="c", tool="read_file", failed=True),
    ]


def test_I16_the_repair_stands_where_it_belongs_ever_after(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.append(user())
    session.append(calls("a"))
    again = reloaded(store, session)
    again.append(user("go on"))
    third = reloaded(store, again)
    assert [m.role for m in third.messages] == ["user", "assistant", "tool", "user"]
    assert third.messages == again.messages


def test_I16_a_cancelled_turn_is_closed_without_a_reload(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    for message in (user(), calls("a"), user("never mind")):
        session.append(message)
    assert [m.text for m in session.messages][2] == INTERRUPTED
    assert reloaded(store, session).messages == session.messages


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["user", "answer", "call", "two calls", "observe first", "observe last"]),
        st.integers(0, 6),
        st.just("reload"),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
@pytest.mark.slow
def test_live_and_reloaded_sessions_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str | int]
) -> None:
    store = SessionStore(tmp_path_factory.mktemp("store"))
    session = store.create(tmp_path_factory.mktemp("workspace"))
    session.append(user())
    for number, step in enumerate(steps):
        made = {"user": user(str(number)), "answer": answer(), "call": calls(f"{number}a")}
        made["two calls"] = calls(f"{number}a", f"{number}b")
        last = session.messages[-1] if session.messages else user()
        if isinstance(step, int):
            session.truncate(step)
        elif step == "reload":
            session = reloaded(store, session)
        elif step in made:
            session.append(made[step])
        elif last.calls:
            session.append(observation(last.calls[0 if step == "observe first" else -1].id))
    again = reloaded(store, session)
    assert again.messages[: len(session.messages)] == session.messages
    assert all(extra.text == INTERRUPTED for extra in again.messages[len(session.messages) :])
    asked = {call.id for message in again.messages for call in message.calls}
    observed = {message.call_id for message in again.messages if message.role == "tool"}
    assert asked == observed
    again.close()


def test_sessions_are_found_by_id_prefix_and_title(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.append(user("Fix the parser"))
    session.close()
    for key in (session.id, session.id[:-3], "fix the PARSER"):
        found = store.load(key)
        assert found.id == session.id
        found.close()


@pytest.mark.parametrize("key", ["", "nothing", "../../etc/passwd", "*", "a/b", "\x00"])
def test_a_session_that_is_not_there_is_said(store: SessionStore, workspace: Path, key: str) -> None:
    session = store.create(workspace)
    session.append(user())
    with pytest.raises(SessionError, match=r"there is no session .*apprentice sessions list"):
        store.load(key)


def test_a_key_that_fits_several_is_said(store: SessionStore, workspace: Path) -> None:
    for _ in range(2):
        session = store.create(workspace)
        session.append(user("same"))
        session.close()
    with pytest.raises(SessionError, match=r"'same' fits 2 sessions, such as .*give more of the id"):
        store.load("same")
    with pytest.raises(SessionError, match="fits 2 sessions"):
        store.load(session.id[:6])


def test_the_latest_of_a_workspace(store: SessionStore, workspace: Path, tmp_path: Path) -> None:
    assert store.latest(workspace) is None
    made = []
    for number, where in enumerate((workspace, workspace, tmp_path)):
        session = store.create(where)
        session.append(user(str(number)))
        session.close()
        os.utime(session.path, (number, number))
        made.append(session.id)
    latest = store.latest(workspace)
    assert latest is not None
    assert latest.id == made[1]
    assert store.latest(tmp_path / "elsewhere") is None


def test_the_list_is_newest_first_and_by_workspace(
    store: SessionStore, workspace: Path, tmp_path: Path
) -> None:
    first, second, third = store.create(workspace), store.create(tmp_path), store.create(workspace)
    for session in (first, second, third, first):
        session.append(user(session.id))
        time.sleep(0.002)
    assert [one.id for one in store.list()] == [first.id, third.id, second.id]
    assert [(one.id, one.turns) for one in store.list(workspace)] == [(first.id, 2), (third.id, 1)]
    assert store.list()[0].workspace == str(workspace)


def test_a_huge_last_message_does_not_hide_a_session(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.append(user("first"))
    session.append(observation("a", "x" * 300_000))
    assert [(one.title, one.turns) for one in store.list()] == [("first", 1)]


def test_a_file_that_is_no_session_is_listed_with_its_problem(store: SessionStore) -> None:
    (store.folder / "notes.jsonl").write_text("hello\n")
    (store.folder / "empty.jsonl").write_text("")
    (store.folder / "newer.jsonl").write_text('{"kind":"header","schema":99,"id":"newer"}\n')
    problems = {one.id: one.problem for one in store.list()}
    assert set(problems) == {"notes", "newer"}
    assert "not a session" in problems["notes"]
    assert "newer version" in problems["newer"]
    with pytest.raises(SessionError, match="newer version"):
        store.load("newer")


def test_ids_sort_by_time_and_are_unique(store: SessionStore, workspace: Path) -> None:
    ids = []
    for _ in range(3):
        ids.append(store.create(workspace).id)
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert len({store.create(workspace).id for _ in range(200)}) == 200


def test_the_list_reads_the_ends_only(store: SessionStore, workspace: Path) -> None:
    session = store.create(workspace)
    session.append(user("first"))
    session.close()
    header, record = session.path.read_bytes().splitlines(keepends=True)
    middle = record.replace(b"first", b"x" * 20_000) * 50
    whole = header + middle + record
    for number in range(300):
        (store.folder / f"copy-{number}.jsonl").write_bytes(whole if number < 3 else header + record)
    read = _bytes_read()
    assert len(store.list()) == 301
    assert _bytes_read() - read < 301 * 20_000


def _bytes_read() -> int:
    """Bytes that this process has read so far, from files and caches alike."""
    counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counters["rchar"])
