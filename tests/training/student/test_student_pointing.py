"""Scoring the lines of a result over tries, on an engine whose logits are known."""

import numpy as np
import pytest

from tests.training.student.fake_engine import FakeEngine
from tools.calls import ToolCall
from tools.protocol.messages import Reading
from training.student.base import ContextOverflow
from training.student.passages import MOST_LINES, Passage
from training.student.pointing import MOST_PIECES, Pointer
from training.student.prefixes import Prefixes
from training.student.rendering import Renderer

CALL = ToolCall("c0", "read_file", {"path": "oven.md"})
READING = Reading("Say which line.")
END = 3


class SayingEngine(FakeEngine):
    """Finds likely, after the prompt, what ``says`` gives for it: ``{text: logit}`` of whole replies."""

    end = END
    context_tokens = 100_000

    def __init__(self, says):
        super().__init__()
        self._says = says

    def extend(self, tokens):
        self.tokens = [*self.tokens, *tokens]

    def is_end(self, token):
        return token == END

    def piece_bytes(self, token):
        return bytes([token])

    def logits(self):
        prompt, begun = self._split()
        made = np.full(2048, -20.0, dtype=np.float32)
        for reply, logit in self._says(prompt).items():
            if reply.startswith(begun):
                token = reply[len(begun)].encode()[0] if len(reply) > len(begun) else END
                made[token] = np.logaddexp(made[token], logit)
        return made

    def _split(self):
        """The user's text, and what was written after the template's last word."""
        last = max(at for at, token in enumerate(self.tokens) if token >= 1000)
        user = bytes(token for token in self.tokens[:last] if token < 256).decode()
        return user, bytes(self.tokens[last + 1 :]).decode()


def pointer(says):
    engine = SayingEngine(says)
    return Pointer(engine, Prefixes(engine, 1 << 20), Renderer(engine)), engine


def oven(prompt):
    return {"line [03]": 2.0, "line [01]": 0.0, "none": 0.0, "result": -3.0, "says\n230": 1.0}


def test_the_shares_are_those_of_the_tries_and_the_written_answer_counts_where_it_stands():
    made, _ = pointer(oven)
    scores = made.scores(READING, "how hot?", [Passage(CALL, ("# Bread", "", "flour 500", "oven 230"))])
    assert sum(scores.forms.values()) == pytest.approx(1)
    assert scores.forms["line"] > scores.forms["none"] > scores.forms["result"]
    assert [one.line for one in sorted(scores.lines, key=lambda one: -one.own)][:2] == [3, 0]
    assert {one.line: one.written > 0 for one in scores.lines} == {0: False, 2: False, 3: True}


def test_every_line_of_a_long_result_has_a_score_and_the_piece_with_the_answer_wins():
    lines = [f"key {number} = {number}" for number in range(2 * MOST_LINES)]

    def says(prompt):
        there = "key 60 = 60 " in prompt
        number = 1 + 60 - MOST_LINES
        return {f"line [{number:02}]": 3.0, "none": 0.0} if there else {"line [01]": -3.0, "none": 3.0}

    made, _ = pointer(says)
    scores = made.scores(READING, "key 60?", [Passage(CALL, tuple(lines))])
    assert {one.line for one in scores.lines} == set(range(2 * MOST_LINES))
    assert max(scores.lines, key=lambda one: one.own).line == 60
    assert scores.unread == 0


def test_of_a_very_long_result_the_pieces_most_like_the_question_are_read():
    lines = [f"row {number}" for number in range((MOST_PIECES + 4) * MOST_LINES)]
    lines[-1] = "temperature 230"
    made, _ = pointer(oven)
    scores = made.scores(READING, "which temperature?", [Passage(CALL, tuple(lines))])
    assert scores.unread == 4 * MOST_LINES
    assert len(lines) - 1 in {one.line for one in scores.lines}


def test_several_results_keep_their_own_lines():
    made, _ = pointer(oven)
    passages = [Passage(CALL, ("a", "b", "c")), Passage(CALL, ("d", "e"))]
    scores = made.scores(READING, "?", passages)
    assert {(one.passage, one.line) for one in scores.lines} == {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)}


def test_a_result_of_nothing_has_forms_and_no_lines():
    made, _ = pointer(oven)
    scores = made.scores(READING, "?", [Passage(CALL, ("",))])
    assert scores.lines == ()


def test_a_window_that_is_too_small_is_said():
    made, engine = pointer(oven)
    engine.context_tokens = 40
    with pytest.raises(ContextOverflow):
        made.scores(READING, "?", [Passage(CALL, ("a" * 60,))])
