"""A student that was trained writes the tokens of its training, whatever is forced. Real vocabulary.

Forced text that is split otherwise than in training ruins a tuned student: whole calls fell from 93 % to 21 %
where the opening brace was forced apart from its quote. So a student is played here that wants nothing but
the tokens of a training text, and what is decoded must be those tokens.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER, write_call
from tools.registry import builtin_registry
from training.student.arguments import write_arguments_of
from training.student.engine import Engine
from training.student.gguf import embedded_model
from training.student.names import choose
from training.student.vocabulary import Vocabulary

pytestmark = pytest.mark.gguf

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("read_file", {"path": "AGENTS.md"}),
    ("read_file", {"path": "./src/cache.py", "start_line": 10, "end_line": 200}),
    ("read_file", {"path": "/etc/hosts", "end_line": 3}),
    ("read_file", {"path": "~/.config/Ünïcode 日本.txt"}),
    ("list_files", {}),
    ("list_files", {"path": "docs"}),
    ("list_files", {"pattern": "**/*.py"}),
    ("list_files", {"path": ".", "pattern": "*.md"}),
    ("search_files", {"pattern": "def parse_config\\("}),
    ("search_files", {"pattern": '"quoted"', "path": "src"}),
    ("write_file", {"path": "notes.txt", "content": "hello\nworld\n\ttab"}),
    ("write_file", {"path": "empty.txt", "content": ""}),
    ("edit_file", {"path": "a.py", "old_text": "DEBUG = True", "new_text": "DEBUG = False"}),
    ("edit_file", {"path": "a.py", "old_text": "{", "new_text": "}"}),
    ("edit_file", {"path": "a.py", "old_text": "'", "new_text": ""}),
    ("run_shell", {"command": "git status --short | head -5"}),
    ("run_shell", {"command": "(cd src && ls)"}),
    ("run_python", {"code": "print({'a': [1, 2]})"}),
    ("run_tests", {}),
    ("run_tests", {"target": "tests/test_a.py::test_b"}),
    ("git_diff", {"path": "README.md"}),
    ("search_docs", {"query": "pathlib.Path.glob"}),
    ("web_search", {"query": "weather in Rome?"}),
    ("fetch_url", {"url": "https://example.org/a?b=c&d=%20"}),
)


class Trained:
    """An engine whose next token is always that of ``text`` as the tokeniser splits it."""

    def __init__(self, vocabulary: Vocabulary, text: str) -> None:
        self.vocabulary = vocabulary
        self.wanted = [*vocabulary.tokenize(text), vocabulary.end]
        self.written: list[int] = []
        self.room = 10_000

    def extend(self, tokens: Sequence[int]) -> None:
        self.written += tokens

    def logits(self) -> Any:
        scores = np.zeros(self.vocabulary.size, dtype=np.float32)
        scores[self.wanted[len(self.written)]] = 1.0
        return scores


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.of(embedded_model())


@pytest.mark.parametrize(("tool", "arguments"), CALLS, ids=lambda value: json.dumps(value))
def test_what_is_decoded_are_the_tokens_of_the_training_text(
    vocabulary: Vocabulary, tool: str, arguments: dict[str, Any]
) -> None:
    registry = builtin_registry()
    text = write_call(ToolCall("", tool, arguments))
    trained = Trained(vocabulary, text)
    engine = cast(Engine, trained)
    choice = choose(engine, registry.names())
    signature = next(one for one in registry.signatures() if one.name == choice.name)
    written = write_arguments_of(engine, signature, 500).text
    assert choice.name == tool
    assert json.loads(written or "") == arguments
    assert trained.written == vocabulary.tokenize(text)


def test_an_answer_begins_with_the_tokens_of_the_training_text(vocabulary: Vocabulary) -> None:
    trained = Trained(vocabulary, f"{ANSWER}\nHello.")
    names = [one.name for one in builtin_registry().signatures()]
    assert choose(cast(Engine, trained), names).name == ANSWER
    assert trained.written == trained.wanted[: len(trained.written)]


def test_G08_arguments_that_go_in_circles_are_cut(vocabulary: Vocabulary) -> None:
    text = write_call(ToolCall("", "write_file", {"path": "a.txt", "content": "and so on, " * 400}))
    trained = Trained(vocabulary, text)
    trained.written = vocabulary.tokenize("write_file")
    signature = next(one for one in builtin_registry().signatures() if one.name == "write_file")
    made = write_arguments_of(cast(Engine, trained), signature, 2000)
    written, tokens = made.text, made.tokens
    assert written is None
    assert tokens < 300
