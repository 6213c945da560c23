"""What the program says about itself, in the place of a student that would make it up."""

import pytest

from assistant.agent.questions.answers import advance
from assistant.agent.questions.own import about_the_program, said_of_itself


@pytest.mark.parametrize(
    "request_text",
    [
        "undo",
        "undo that please",
        "bring it back",
        "Undo everything!",
        "oops, revert your last change",
        "restore the file",
        "can you undo it?",
        "mach das rückgängig",
    ],
)
def test_a_wish_to_undo_names_the_command_for_it(request_text: str) -> None:
    assert about_the_program(request_text) == "undo"
    assert "/undo" in str(advance(said_of_itself("undo"), None))


@pytest.mark.parametrize(
    "request_text", ["who are you", "what can you do?", "was kannst du", "how can you help me"]
)
def test_who_it_is_is_not_left_to_the_student(request_text: str) -> None:
    assert about_the_program(request_text) == "who"
    assert "Apprentice" in str(advance(said_of_itself("who"), None))


@pytest.mark.parametrize(
    "request_text",
    [
        "revert the last commit",
        "undo the rename in src/cart.py",
        "what are your settings",
        "what do you do with config.py",
        "who are the authors?",
        "restore " + "the file " * 20,
    ],
)
def test_anything_else_is_for_the_student(request_text: str) -> None:
    assert about_the_program(request_text) == ""
