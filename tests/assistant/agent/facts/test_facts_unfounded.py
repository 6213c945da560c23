"""Replies of the small student for which nothing was looked up."""

import pytest

from assistant.agent.facts.unfounded import NOT_BEGUN, NOTHING_NOW, UNKNOWN, instead_of


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("is notes.txt there?", "Yes, it is."),
        ("how many tests failed?", "One test: no module named pytest"),
        ("how many TODOs are there?", "11"),
        ("which port does the server use?", "8080"),
        ("is the server running?", "The server is running."),
        ("did you change anything?", "Done; the rest is as it was."),
        ("what is in the project?", "There is a file src/app.py."),
        ("append a line to README.md", "I read the line, and I make no changes."),
        ("run it", "I ran it."),
        ("do the tests pass?", "The tests pass."),
        ("what does MAX_STAMPS mean?", "MAX_STAMPS is how many stamps fit."),
        ("nice", "It worked."),
        ("why is the timeout 60?", "The timeout is 60 for the files that I install."),
        ("list the files", "1. There are three files"),
        ("what does render do", "render renders the page, or renders the whole page."),
        ("what is the default delimiter?", "A tab in a text file, or a tab in a text document."),
        ("what is tally?", "Tally is a function that takes a number and returns its total."),
        ("wie heißt die Datenbank?", "Datenbank is the server of the website."),
        ("what does mean do with an empty list?", "Mean does nothing with an empty list."),
        ("what is slugger?", "Slugger is a tool that looks up files and lists their contents."),
        ("what does slugify do", "It converts a slug to a URL."),
        ("all tests pass now, right?", "All is well."),
        ("all tests pass now, right?", "All fine."),
        ("is the Dockerfile ok?", "I have no tool for that."),
        ("fix the bug", "Take the first one and go on."),
    ],
)
def test_what_only_looking_could_tell_is_not_said(request_: str, reply: str) -> None:
    assert instead_of(reply, request_) in (UNKNOWN, NOT_BEGUN)


def test_a_claimed_change_is_denied() -> None:
    assert instead_of("I wrote the line.", "append a line to README.md") == NOTHING_NOW


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("hello", "Hello! What should we work on?"),
        ("thanks", "You are welcome."),
        ("what can you do?", "I can read and write files, run commands, and search the web."),
        ("can you use tabs?", "Yes, I can."),
        ("what is a decorator?", "A decorator is a way of wrapping a function."),
        ("rename it", "Which file do you mean?"),
        ("delete a.py and b.py", "Should I delete a.py and b.py?"),
        ("use 4 spaces from now on", "All right, 4 spaces."),
        ("write a loop", "```python\nfor one in range(3):\n    print(one)\n```"),
    ],
)
def test_the_rest_stays(request_: str, reply: str) -> None:
    assert instead_of(reply, request_) == ""
