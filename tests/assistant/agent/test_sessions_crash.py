"""Sessions under kills, torn writes, full disks and two programs at once."""

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.agent.session_records import INTERRUPTED
from assistant.agent.sessions import Session, SessionError, SessionStore
from tools.calls import ToolCall
from tools.protocol.messages import Message

CHILD = """
import sys
from pathlib import Path
from assistant.agent.sessions import SessionStore
from tools.calls import ToolCall
from tools.protocol.messages import Message

session = SessionStore(Path(sys.argv[1])).create(Path(sys.argv[1]))
print(session.id, flush=True)
number = 0
while True:
    session.append(Message("user", f"request {number}" + "." * 5000))
    session.append(Message("assistant", calls=(ToolCall(f"call {number}", "run_shell", {"command": "x"}),)))
    print(number, flush=True)
    session.append(Message("tool", "done", call_id=f"call {number}", tool="run_shell"))
    number += 1
"""


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    folder = tmp_path / "sessions"
    folder.mkdir()
    return SessionStore(folder)


def one_session(store: SessionStore, *texts: str) -> Session:
    session = store.create(store.folder)
    for text in texts:
        session.append(Message("user", text))
    return session


@pytest.mark.parametrize("turns", [1, 3, 11, 24])
@pytest.mark.slow
def test_I1_what_was_acknowledged_survives_a_kill(store: SessionStore, turns: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(store.folder)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    identifier = child.stdout.readline().strip()
    acknowledged = [int(child.stdout.readline()) for _ in range(turns)][-1]
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read().split()
    child.wait(10)
    acknowledged = max(acknowledged, *(int(line) for line in rest), 0)
    session = store.load(identifier)
    requests = [m.text.rstrip(".") for m in session.messages if m.role == "user"]
    assert requests[: acknowledged + 1] == [f"request {n}" for n in range(acknowledged + 1)]
    asked = [call.id for m in session.messages for call in m.calls]
    assert asked == [m.call_id for m in session.messages if m.role == "tool"]
    assert all(m.text == "done" for m in session.messages[:-1] if m.role == "tool")
    session.append(Message("user", "and on"))
    session.close()
    assert store.load(identifier).messages[-1].text == "and on"


@pytest.mark.slow
def test_I7_a_line_torn_at_any_byte_is_cut_off_and_said(store: SessionStore) -> None:
    session = one_session(store, "one", "two")
    session.close()
    whole = session.path.read_bytes()
    end_of_first = whole[:-1].rfind(b"\n") + 1
    for size in range(end_of_first + 1, len(whole)):
        session.path.write_bytes(whole[:size])
        again = store.load(session.id)
        assert [m.text for m in again.messages] == ["one"]
        assert len(again.notices) == 1
        assert "torn" in again.notices[0]
        again.append(Message("user", "three"))
        again.close()
        third = store.load(session.id)
        assert [m.text for m in third.messages] == ["one", "three"]
        assert third.notices == ()
        third.close()


def test_I7_reading_only_cuts_nothing_off(store: SessionStore) -> None:
    session = one_session(store, "one", "two")
    session.close()
    session.path.write_bytes(session.path.read_bytes()[:-5])
    torn = session.path.read_bytes()
    again = store.load(session.id, read_only=True)
    assert [m.text for m in again.messages] == ["one"]
    assert len(again.notices) == 1
    assert session.path.read_bytes() == torn


@pytest.mark.parametrize(
    "damage",
    [
        b"garbage\n",
        b"\x00" * 64 + b"\n",
        b"[]\n",
        b'{"kind":"message"}\n',
        b'{"kind":"message","title":"","at":"","message":{"role":"root","text":"x"}}\n',
        b'{"kind":"message","title":"","at":"","message":{"role":"user","oops":1}}\n',
        b'{"kind":"truncate","title":"","at":"","keep":"many"}\n',
        b'{"kind":"from tomorrow","title":"","at":""}\n',
        b"[" * 100_000 + b"\n",
        b"\n",
    ],
)
def test_I8_a_damaged_line_is_left_out_said_and_kept(store: SessionStore, damage: bytes) -> None:
    session = one_session(store, "one", "two")
    session.close()
    header, first, second = session.path.read_bytes().splitlines(keepends=True)
    session.path.write_bytes(header + first + damage + second)
    again = store.load(session.id)
    assert [m.text for m in again.messages] == ["one", "two"]
    assert again.notices == (f"{session.path}: line 3 is damaged and left out",)
    assert damage in session.path.read_bytes()


def test_a_damaged_last_line_does_not_hide_a_session_from_the_list(store: SessionStore) -> None:
    session = one_session(store, "one")
    session.close()
    with session.path.open("ab") as file:
        file.write(b"garbage\ntorn")
    assert [one.title for one in store.list()] == ["one"]


def test_I9_an_emptied_file_is_an_error_not_a_new_session(store: SessionStore) -> None:
    session = one_session(store, "one")
    session.close()
    session.path.write_bytes(b"")
    with pytest.raises(SessionError, match="there is no session"):
        store.load(session.id)
    session.path.write_bytes(b"\n")
    with pytest.raises(SessionError, match="not a session"):
        store.load(session.id)


def test_I5_a_second_program_gets_a_clear_line(store: SessionStore) -> None:
    session = one_session(store, "one")
    with pytest.raises(SessionError, match="open in another program; leave it there first") as caught:
        store.load(session.id)
    assert session.id in str(caught.value)
    assert store.load(session.id, read_only=True).messages == session.messages
    session.close()
    session.close()
    store.load(session.id).close()


def test_I5_a_session_that_only_reads_or_is_closed_writes_nothing(store: SessionStore) -> None:
    session = one_session(store, "one")
    reader = store.load(session.id, read_only=True)
    for closed in (reader, session):
        closed.close()
        with pytest.raises(SessionError, match="reading only"):
            closed.append(Message("user", "two"))
        with pytest.raises(SessionError, match="reading only"):
            closed.rename("x")


def test_I6_the_lock_of_a_killed_program_is_gone(store: SessionStore) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(store.folder)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    identifier = child.stdout.readline().strip()
    child.stdout.readline()
    with pytest.raises(SessionError, match="open in another program"):
        store.load(identifier)
    child.kill()
    child.wait(10)
    store.load(identifier).close()


def test_I3_a_full_disk_is_said_and_leaves_the_file_whole(store: SessionStore) -> None:
    session = one_session(store, "one")
    size = session.path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
    try:
        with pytest.raises(SessionError, match="cannot be written: " + os.strerror(errno.EFBIG)):
            session.append(Message("user", "x" * 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert session.path.stat().st_size == size
    assert [m.text for m in session.messages] == ["one"]
    session.append(Message("user", "two"))
    session.close()
    assert [m.text for m in store.load(session.id).messages] == ["one", "two"]


def test_I3_a_disk_full_at_the_first_message_loses_no_header(store: SessionStore) -> None:
    session = store.create(store.folder)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
    try:
        with pytest.raises(SessionError, match="cannot be written"):
            session.append(Message("user", "one"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    session.append(Message("user", "two"))
    session.close()
    assert [m.text for m in store.load(session.id).messages] == ["two"]


def test_I10_a_file_that_is_a_folder_is_said(store: SessionStore) -> None:
    (store.folder / "odd.jsonl").mkdir()
    assert ["cannot be read" in one.problem for one in store.list()] == [True]
    for read_only in (True, False):
        with pytest.raises(SessionError, match=r"odd\.jsonl: cannot be (opened|read)"):
            store.load("odd", read_only=read_only)


def test_a_session_of_a_header_alone_is_empty(store: SessionStore) -> None:
    session = one_session(store, "one")
    session.close()
    session.path.write_bytes(session.path.read_bytes().splitlines(keepends=True)[0])
    (summary,) = store.list()
    assert (summary.title, summary.turns, summary.updated) == ("", 0, session.created)
    again = store.load(session.id)
    again.append(Message("user", "two"))
    again.close()
    assert [m.text for m in store.load(session.id).messages] == ["two"]


def test_I10_a_folder_that_is_gone_is_said(store: SessionStore) -> None:
    session = store.create(store.folder)
    store.folder.rmdir()
    with pytest.raises(SessionError, match="cannot be made"):
        session.append(Message("user", "one"))


def test_a_call_with_a_late_result_after_a_truncate_stays_valid(store: SessionStore) -> None:
    session = one_session(store, "one")
    session.append(Message("assistant", calls=(ToolCall("a", "run_shell"), ToolCall("b", "run_shell"))))
    session.append(Message("tool", "done", call_id="a", tool="run_shell"))
    session.truncate(2)
    session.append(Message("user", "two"))
    assert [m.text for m in session.messages if m.role == "tool"] == [INTERRUPTED, INTERRUPTED]
    session.close()
    assert store.load(session.id).messages == session.messages
