"""A result as the student reads it."""

from hypothesis import given
from hypothesis import strategies as st

from tools.calls import ToolCall
from tools.protocol.messages import Reading
from training.student.passages import LONGEST_LINE, MOST_LINES, Passage, conversation, pieces

CALL = ToolCall("c0", "read_file", {"path": "oven.md"})
READING = Reading("Say which line answers.")
TEXT = ("# Bread", "", "- flour: 500 g", "- oven: 230 °C", "")


def user_text(question, piece):
    (message,) = conversation(READING, question, piece).messages
    return message.text


def test_numbers_stand_behind_their_lines_and_the_question_on_both_sides():
    (piece,) = pieces(Passage(CALL, TEXT))
    assert user_text("how hot?", piece) == (
        'how hot?\n\nread_file {"path": "oven.md"}\n'
        "# Bread [01]\n\n- flour: 500 g [02]\n- oven: 230 °C [03]\n\n\nhow hot?"
    )
    assert piece.numbered == (0, 2, 3)


def test_the_instructions_are_those_of_the_prompt_and_no_tool_is_on_offer():
    (piece,) = pieces(Passage(CALL, TEXT))
    made = conversation(READING, "how hot?", piece)
    assert made.prompt.instructions == READING.instructions
    assert not made.signatures


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=300), max_size=200))
def test_every_line_stands_in_exactly_one_piece(lines):
    made = pieces(Passage(CALL, tuple(lines)))
    assert [line for piece in made for line in piece.lines] == lines
    assert all(len(piece.lines) <= MOST_LINES for piece in made)
    at = 0
    for piece in made:
        assert piece.first == at
        at += len(piece.lines)


def test_a_long_text_is_broken_at_a_blank_line():
    lines = [f"entry {number}" for number in range(100)]
    lines[40] = ""
    first, second, *_ = pieces(Passage(CALL, tuple(lines)))
    assert len(first.lines) == 41
    assert second.lines[0] == "entry 41"


def test_a_line_that_is_too_long_is_shown_in_part():
    (piece,) = pieces(Passage(CALL, ("x" * 5000,)))
    assert "x" * (LONGEST_LINE - 1) + "… [01]" in user_text("?", piece)


def test_an_empty_result_is_one_piece():
    (piece,) = pieces(Passage(CALL, ()))
    assert piece.numbered == ()
