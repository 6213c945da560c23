"""Answers on a terminal: prose at once, code by the line, nothing lost."""

import re

import pytest

from assistant.plain.answer_stream import AnswerStream
from assistant.plain.ink import Ink

CODES = re.compile(r"\x1b\[[0-9;]*m")
ANSWER = """Here it is:

```python
def f(x):
    return "`y`"
```
and `inline` too.

~~~
raw ``` inside
~~~
   ```sh
   ls
   ```
end"""


def streamed(pieces: list[str], *, colour: bool = False) -> tuple[str, list[str]]:
    writes: list[str] = []
    stream = AnswerStream(writes.append, Ink(colour))
    for piece in pieces:
        stream.feed(piece)
    stream.finish()
    return "".join(writes), writes


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
@pytest.mark.parametrize("colour", [True, False])
def test_whatever_the_pieces_the_text_is_the_answer(size: int, colour: bool) -> None:
    pieces = [ANSWER[i : i + size] for i in range(0, len(ANSWER), size)]
    text, _ = streamed(pieces, colour=colour)
    assert CODES.sub("", text) == ANSWER + "\n"


def test_prose_is_written_as_it_arrives() -> None:
    writes: list[str] = []
    stream = AnswerStream(writes.append, Ink(False))
    stream.feed("It ")
    assert "".join(writes) == "It "
    stream.feed("is")
    assert "".join(writes) == "It is"


def test_code_is_written_when_its_line_is_whole_and_with_colour() -> None:
    writes: list[str] = []
    stream = AnswerStream(writes.append, Ink(True))
    stream.feed("```python\nimport ")
    assert "import" not in "".join(writes)
    stream.feed("os\n")
    assert re.search(r"\x1b\[[0-9;]+mimport", "".join(writes))


def test_prose_has_no_colour_and_an_unknown_language_stays_plain() -> None:
    assert "\x1b" not in streamed(["import os\n"], colour=True)[0]
    text, _ = streamed(["```nosuchlanguage\nimport os\n```"], colour=True)
    assert "\nimport os\n" in text


def test_a_fence_ends_only_with_its_own_kind() -> None:
    text, _ = streamed(["````python\n```\nimport os\n````\nimport os"], colour=True)
    inside, outside = text.split("````", 2)[1:]
    assert "\x1b" in inside.split("\n")[2]
    assert outside.split("\n")[1] == "import os"


def test_finish_ends_the_open_line_and_forgets_an_open_block() -> None:
    writes: list[str] = []
    stream = AnswerStream(writes.append, Ink(True))
    stream.feed("```python\nx")
    stream.finish()
    stream.feed("import os")
    stream.finish()
    assert writes[-2:] == ["import os", "\n"]


def test_finish_without_anything_writes_nothing() -> None:
    assert streamed([]) == ("", [])
    assert streamed(["done\n"])[0] == "done\n"


@pytest.mark.parametrize("colour", [True, False])
def test_E1_a_model_cannot_write_escape_sequences(colour: bool) -> None:
    evil = "a\x1b]0;title\x07b\x9b2Jc\u202e\n```python\n'\x1b[2J'\n```"
    for size in (1, 4, 100):
        text, _ = streamed([evil[i : i + size] for i in range(0, len(evil), size)], colour=colour)
        assert "\x1b" not in CODES.sub("", text)
        assert not set(text) & {"\x07", "\x9b", "\u202e"}
    assert not CODES.search(text) or colour


def test_E4_surrogates_and_nul_are_shown() -> None:
    text, _ = streamed(["\ud800\x00"])
    assert text == "\\ud800\\x00\n"
