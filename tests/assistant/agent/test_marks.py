"""What the log says of the calls of a session that is opened again."""

from assistant.agent.marks import Mark, marks_at, marks_of
from assistant.agent.steps import Reply, Verdict
from tests.assistant.agent.conftest import MakeChat, approve, take
from tools.calls import ToolCall
from training.student.base import Decision
from training.student.scripted import answer, call

WRITE = call("write_file", path="notes.txt", content="hello\n")


async def test_calls_have_their_confidence_their_outcome_and_what_the_user_said(make_chat: MakeChat) -> None:
    read = Decision(calls=(ToolCall("", "read_file", {"path": "README.md"}),), confidence=0.8)
    chat = make_chat([read, answer("Read."), WRITE, answer("Written."), WRITE, answer("No.")])
    await take(chat, "read")
    await take(chat, "write", approve)
    await take(chat, "write", lambda _: Reply(Verdict.REFUSED))
    (first,) = [row for row in marks_of(chat.log, chat.session.id).values() if row[0].confidence == 0.8]
    assert first[0].success is True and first[0].verdict == ""
    messages = chat.session.messages
    made = {at: one.calls for at, one in enumerate(messages) if one.calls}
    marks = await chat.marks()
    found = [marks_at(marks, at, calls)[0] for at, calls in made.items()]
    assert [one.success if one else None for one in found] == [True, True, False]
    assert [one.verdict if one else None for one in found] == ["", "", "refused"]
    await chat.close()


def test_of_a_place_that_was_rewound_the_newest_calls_stand() -> None:
    new, old = Mark(0.9), Mark(0.1)
    marks = {(1, "read_file"): [Mark(0.8), new, old, old]}
    calls = [ToolCall("a", "read_file", {}), ToolCall("b", "list_files", {}), ToolCall("c", "read_file", {})]
    assert marks_at(marks, 1, calls) == [new, None, Mark(0.8)]
    assert marks_at({}, 1, calls) == [None, None, None]
