"""Reading a result: the student chooses a form and scores the lines, over token tries, and writes an answer.

Invariant: what is scored is what ``training.student.passages`` renders for training. Every piece of a result
is evaluated once; of a result with very many, the pieces that are most like the question.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tools.protocol.messages import Reading
from training.student.base import ContextOverflow
from training.student.engine import Engine
from training.student.fusion import LineScore, Scores, mean_forms, own_score, standing
from training.student.passages import (
    FORMS,
    LINE,
    NUMBER_PREFIX,
    WRITTEN_PREFIX,
    Passage,
    Piece,
    conversation,
    digits,
    pieces,
)
from training.student.prefixes import Prefixes
from training.student.rendering import Renderer
from training.student.trie import END, Node, build, ended, forced
from training.student.trigrams import likeness

MOST_PIECES = 8
WRITTEN_TOKENS = 24
ROOM = 32
_WORTH = 0.02
"""Share of a branch below which it is not looked into."""
_WRITES = 0.1
"""Share of the form line from which the answer is written too."""


class Pointer:
    """Scores results on one engine."""

    def __init__(self, engine: Engine, prefixes: Prefixes, renderer: Renderer) -> None:
        self._engine = engine
        self._prefixes = prefixes
        self._renderer = renderer

    def scores(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Scores:
        """Of all lines of ``passages``. Raises as ``Decoder.decide`` does."""
        like = [likeness(question, passage.lines) for passage in passages]
        chosen, unread = _chosen(passages, like)
        forms, lines = [], []
        for number, piece in chosen:
            shares, placed, written = self._piece(reading, question, piece)
            forms.append(shares)
            for place, share in placed.items():
                line = piece.first + place
                own = own_score(shares[LINE], share, shares["none"])
                lines.append(LineScore(number, line, own, like[number][line], written.get(place, 0.0)))
        return Scores(mean_forms(forms), tuple(lines), unread)

    def _piece(
        self, reading: Reading, question: str, piece: Piece
    ) -> tuple[dict[str, float], dict[int, float], dict[int, float]]:
        """Shares of the forms, of the places among them, and how much the written answer says for each."""
        prompt = self._renderer.rendered(conversation(reading, question, piece))
        if len(prompt.tokens) + ROOM > self._engine.context_tokens:
            raise ContextOverflow(len(prompt.tokens) + ROOM, self._engine.context_tokens)
        self._prefixes.evaluate(prompt, "reading")
        tokenize = self._engine.vocabulary.tokenize
        forms = self._shares(prompt.tokens, {form: tokenize(form) for form in FORMS})
        opening = tokenize(NUMBER_PREFIX)
        numbers = {
            str(place): [*opening, *digits(self._engine.vocabulary, number)]
            for number, place in enumerate(piece.numbered, 1)
        }
        if forms[LINE] < _WORTH or not numbers:
            return forms, {place: 1 / len(numbers) for place in piece.numbered}, {}
        placed = {int(name): share for name, share in self._shares(prompt.tokens, numbers).items()}
        written = self._written(prompt.tokens, piece) if forms[LINE] >= _WRITES else {}
        return forms, placed, written

    def _shares(self, before: Sequence[int], names: Mapping[str, Sequence[int]]) -> dict[str, float]:
        """The share of each name where it follows ``before``; they add up to 1."""
        made: dict[str, float] = {}
        waiting: list[tuple[Node, list[int], float]] = [(build(names), [], 1.0)]
        while waiting:
            node, path, share = waiting.pop()
            tokens, node = forced(node)
            path = [*path, *tokens]
            if ended(node):
                made[node.names[0]] = share
            elif share < _WORTH:
                made |= dict.fromkeys(node.names, share / len(node.names))
            else:
                self._engine.evaluate([*before, *path])
                for token, part in self._branches(node).items():
                    child = node.children[token]
                    waiting.append((child, path if token == END else [*path, token], share * part))
        return made

    def _branches(self, node: Node) -> dict[int, float]:
        """The children of a node with their shares, after what is evaluated."""
        logits, end = self._engine.logits(), self._engine.vocabulary.end
        tokens = list(node.children)
        scores = np.array([logits[end if token == END else token] for token in tokens], dtype=np.float64)
        shares = np.exp(scores - scores.max())
        return dict(zip(tokens, (shares / shares.sum()).tolist(), strict=True))

    def _written(self, before: Sequence[int], piece: Piece) -> dict[int, float]:
        """The short answer in the student's words: how sure it is of them, shared by where they stand."""
        vocabulary = self._engine.vocabulary
        self._engine.evaluate([*before, *vocabulary.tokenize(WRITTEN_PREFIX)])
        data, certain = b"", 0.0
        for _ in range(WRITTEN_TOKENS):
            logits = self._engine.logits()
            token = int(logits.argmax())
            certain -= math.log(float(np.exp(logits - logits[token], dtype=np.float64).sum()))
            if vocabulary.is_end(token):
                break
            data += vocabulary.piece_bytes(token)
            self._engine.extend([token])
        places = standing(data.decode("utf-8", "replace"), piece.lines)
        return dict.fromkeys(places, math.exp(certain) / len(places)) if places else {}


def _chosen(
    passages: Sequence[Passage], like: Sequence[Sequence[float]]
) -> tuple[list[tuple[int, Piece]], int]:
    """The pieces to read, each with the place of its passage, and how many lines are left unread."""
    every = [(number, piece) for number, passage in enumerate(passages) for piece in pieces(passage)]
    if len(every) <= MOST_PIECES:
        return every, 0

    def best(at: int) -> float:
        number, piece = every[at]
        return max(like[number][piece.first : piece.first + len(piece.lines)], default=0.0)

    kept = sorted(sorted(range(len(every)), key=best, reverse=True)[:MOST_PIECES])
    left = set(range(len(every))) - set(kept)
    return [every[at] for at in kept], sum(len(every[at][1].lines) for at in left)
