"""A compaction in the session's file: nothing older is lost, and a session goes on from it after any end."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.agent.chat import Chat
from assistant.agent.session_records import Compaction
from assistant.agent.sessions import Session, SessionStore, export_json, export_markdown
from assistant.agent.steps import Answer, Notice
from tests.assistant.agent.conftest import MakeChat, take
from tests.assistant.agent.talk import answered, asked, called
from tools.protocol.messages import Conversation
from training.student.base import Decision
from training.student.scripted import ScriptedStudent, answer, call

RECAP = (asked("one\n\ntwo"), answered("- read_file a.py: 3 lines"))


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    folder = tmp_path / "sessions"
    folder.mkdir()
    return SessionStore(folder)


def talked(store: SessionStore, turns: int = 3) -> Session:
    session = store.create(store.folder)
    for number in range(turns):
        session.append(asked(f"request {number}"))
        session.append(answered(f"answer {number}"))
    return session


def compaction(session: Session) -> Compaction:
    messages = (*RECAP, *session.messages[-2:])
    return Compaction(len(session.messages), len(session.messages) - 2, messages, 900, 300, "sum", "focus")


def reloaded(store: SessionStore, session: Session) -> Session:
    session.close()
    return store.load(session.id)


def test_it_is_there_again_whole_and_the_messages_too(store: SessionStore) -> None:
    session = talked(store)
    made = compaction(session)
    session.compact(made)
    session.append(asked("and on"))
    again = reloaded(store, session)
    assert again.compaction == made
    assert [m.text for m in again.messages if m.role == "user"] == [
        *(f"request {n}" for n in range(3)),
        "and on",
    ]
    assert again.notices == ()
    [listed] = store.list()
    assert (listed.turns, listed.title) == (4, "request 0")


def test_what_was_compacted_is_shown_and_exported_as_it_was_said(store: SessionStore) -> None:
    session = talked(store)
    session.compact(compaction(session))
    exported = json.loads(export_json(session))
    assert [one.get("text") for one in exported["messages"]] == [m.text for m in session.messages]
    assert "request 1" in export_markdown(session)
    assert "- read_file a.py" not in export_markdown(session)


def test_the_last_of_several_counts_until_what_it_covers_is_forgotten(
    store: SessionStore,
) -> None:
    session = talked(store)
    session.compact(compaction(session))
    session.append(asked("more"))
    session.append(answered("yes"))
    last = compaction(session)
    session.compact(last)
    session.append(asked("and on"))
    session.truncate(8)
    assert (session.compaction, session.compactions) == (last, 2)
    session.truncate(7)
    assert session.compaction is None
    assert reloaded(store, session).compaction is None


def test_I7_a_compaction_torn_at_any_byte_never_was_and_nothing_else_is_lost(store: SessionStore) -> None:
    session = talked(store, turns=1)
    before = session.path.stat().st_size
    session.compact(compaction(session))
    session.close()
    whole = session.path.read_bytes()
    for size in range(before + 1, len(whole), 23):
        session.path.write_bytes(whole[:size])
        again = store.load(session.id)
        assert again.compaction is None
        assert len(again.messages) == 2
        assert "torn by a kill" in again.notices[0]
        again.close()
        session.path.write_bytes(whole)


@pytest.mark.parametrize(
    "changed",
    [
        {"upto": 99},
        {"recapped": 7},
        {"upto": -1},
        {"messages": [{"role": "system"}]},
        {"upto": "x"},
        {"messages": 3},
    ],
)
def test_I8_a_damaged_compaction_is_named_and_left_out(
    store: SessionStore, changed: dict[str, object]
) -> None:
    session = talked(store)
    session.compact(compaction(session))
    session.close()
    lines = session.path.read_text().splitlines()
    record = json.loads(lines[-1]) | changed
    session.path.write_text("\n".join([*lines[:-1], json.dumps(record)]) + "\n")
    again = store.load(session.id)
    assert again.compaction is None
    assert f"line {len(lines)} is damaged" in again.notices[0]
    assert len(again.messages) == 6


def test_a_kill_between_a_call_and_its_result_leaves_a_compaction_that_still_fits(
    store: SessionStore,
) -> None:
    session = talked(store)
    session.append(asked("read"))
    session.append(called("c", "read_file", path="a.py"))
    session = reloaded(store, session)
    made = replace(compaction(session), messages=RECAP)
    session.compact(made)
    again = reloaded(store, session)
    assert again.compaction == made
    assert made.upto == len(again.messages) == 9


CHILD = """
import sys
from pathlib import Path
from assistant.agent.session_records import Compaction
from assistant.agent.sessions import SessionStore
from tools.protocol.messages import Message

session = SessionStore(Path(sys.argv[1])).create(Path(sys.argv[1]))
print(session.id, flush=True)
number = 0
while True:
    session.append(Message("user", f"request {number}"))
    session.append(Message("assistant", "yes"))
    recap = (Message("user", f"recap {number}" + "." * 20000),)
    session.compact(Compaction(len(session.messages), 0, recap, number, 0))
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_I1_an_acknowledged_compaction_survives_a_kill(store: SessionStore) -> None:
    arguments = [sys.executable, "-c", CHILD, str(store.folder)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, start_new_session=True) as child:
        assert child.stdout
        identifier = child.stdout.readline().strip()
        acknowledged = [int(child.stdout.readline()) for _ in range(7)][-1]
        child.send_signal(signal.SIGKILL)
        acknowledged = max(acknowledged, *(int(line) for line in child.stdout.read().split()), 0)
    session = store.load(identifier)
    assert session.compactions >= acknowledged + 1
    assert session.compaction
    assert session.compaction.messages[0].text.startswith(f"recap {session.compaction.before}.")
    assert session.messages[0].text == "request 0"


def reader(conversation: Conversation) -> Decision:
    asks = conversation.messages[-1].role == "user"
    return call("read_file", path="long.txt") if asks else answer("I read it.")


def shown(student: ScriptedStudent) -> list[str]:
    return [message.text for message in student.conversations[-1].messages]


async def turns(chat: Chat, *requests: str) -> list[str]:
    """The notices of some turns, all of which are answered."""
    said = []
    for request in requests:
        steps = await take(chat, request)
        assert isinstance(steps[-1], Answer)
        said += [step.text for step in steps if isinstance(step, Notice)]
    return said


async def test_G11_a_session_goes_on_from_its_compaction_after_a_restart(
    make_chat: MakeChat, workspace: Path
) -> None:
    (workspace / "long.txt").write_text("some words of a file\n" * 30)
    chat = make_chat([], student=ScriptedStudent(reader, context_tokens=1200), context__compact_at=0.3)
    said = await turns(chat, *(f"request {number}" for number in range(3)))
    assert any(line.startswith("compacted: ") for line in said)
    assert chat.session.compaction
    before, key = chat._talk.context.conversation().messages, chat.session.id
    await chat.close()
    chat = make_chat(
        [], student=(second := ScriptedStudent(reader, context_tokens=1200)), context__compact_at=0.9
    )
    chat.load_session(key)
    await chat.start()
    assert chat._talk.context.conversation().messages == before
    assert chat.status().context_used > 200
    assert await turns(chat, "and on") == []
    assert shown(second)[: len(before)] == [message.text for message in before]
    await chat.close()
