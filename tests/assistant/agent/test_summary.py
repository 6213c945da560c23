"""The student's summary: what it is told, within its window, and what counts as none."""

from assistant.agent.sizes import Sizes
from assistant.agent.summary import INSTRUCTIONS, Summariser
from assistant.agent.turns import split
from tests.assistant.agent.talk import answered, asked, called, observed
from training.student.scripted import ScriptedStudent

TURNS = split(
    [
        asked("fix the parser"),
        called("1", "read_file", path="parser.py"),
        observed("1", "read_file", "def parse(): ...\n" + "more\n" * 200),
        answered("It was the lexer."),
    ]
)


async def summary(
    text: str, *, room: int = 4000, tokens: int = 100, earlier: str = "", focus: str = ""
) -> tuple[str, ScriptedStudent]:
    student = ScriptedStudent([], texts={"compaction": text})
    summariser = Summariser(student, Sizes(student.count), room)
    return await summariser.summarise(earlier, TURNS, focus, tokens), student


async def test_it_is_told_who_said_what_and_the_beginning_of_results() -> None:
    text, student = await summary(" The lexer was at fault. ", earlier="Before.", focus="the lexer")
    assert text == "The lexer was at fault."
    [conversation] = student.conversations
    assert (conversation.prompt, conversation.signatures) == (INSTRUCTIONS, ())
    told = conversation.messages[0].text
    assert told.startswith("The summary so far:\nBefore.\n\nPerson: fix the parser\nCalled read_file")
    assert "Result: def parse(): ...\nmore" in told
    assert told.count("more") < 80
    assert told.endswith("Sum up the session above. Above all keep what concerns: the lexer")


async def test_what_does_not_fit_its_window_is_left_out_from_the_oldest_on() -> None:
    _, student = await summary("ok", room=200)
    told = student.conversations[0].messages[0].text
    assert "Person: fix the parser" not in told
    assert "Assistant: It was the lexer." in told
    assert len(told.split()) + len(INSTRUCTIONS.instructions.split()) < 200


async def test_what_was_cut_or_is_empty_is_no_summary() -> None:
    assert (await summary("word " * 100, tokens=20))[0] == ""
    assert (await summary("  "))[0] == ""
