"""Choosing a tool's name over the token trie of the names on offer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.protocol.calls import ANSWER, ANSWER_PREFIX
from training.student.engine import Engine
from training.student.trie import END, Node, build, ended, forced, label

SHOWN_ALTERNATIVES = 5


@dataclass(frozen=True)
class Choice:
    """A name, how many tokens it took, its probability among the offered ones, and what else was likely.

    ``alternatives`` are the branches that were not taken, likeliest first; a branch that several names
    share is written ``run_*``.
    """

    name: str
    tokens: int
    confidence: float
    alternatives: tuple[tuple[str, float], ...]


def choose(engine: Engine, names: Sequence[str]) -> Choice:
    """The likeliest of ``names``, with its tokens evaluated.

    Tokens that follow without a choice are evaluated in one go with the branch before them, so that
    a name that is decided by its first token costs one evaluation.
    """
    pending, node = forced(build({name: _tokens(engine, name) for name in names}))
    confidence, count = 1.0, 0
    alternatives: list[tuple[str, float]] = []
    while not ended(node):
        engine.extend(pending)
        count += len(pending)
        token, share, others = _branch(engine, node)
        alternatives += [(name, confidence * part) for name, part in others]
        confidence *= share
        pending, node = ([], node.children[token]) if token == END else _follow(token, node)
        if token == END:
            break
    engine.extend(pending)
    alternatives.sort(key=lambda pair: -pair[1])
    return Choice(node.names[0], count + len(pending), confidence, tuple(alternatives[:SHOWN_ALTERNATIVES]))


def _follow(token: int, node: Node) -> tuple[list[int], Node]:
    following, node = forced(node.children[token])
    return [token, *following], node


def _tokens(engine: Engine, name: str) -> list[int]:
    """``answer`` is chosen together with the newline that ends it."""
    return engine.tokenize(ANSWER_PREFIX if name == ANSWER else name)


def _branch(engine: Engine, node: Node) -> tuple[int, float, list[tuple[str, float]]]:
    """The likeliest child, its share among the children, and the other children with theirs.

    The end of a name is as likely as the token that opens its arguments.
    """
    tokens = list(node.children)
    logits = engine.logits()
    opening = engine.tokenize(' {"')[0]
    scores = np.array([logits[opening if token == END else token] for token in tokens], dtype=np.float64)
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    best = int(shares.argmax())
    others = [
        (label(node.children[token].names), float(share))
        for index, (token, share) in enumerate(zip(tokens, shares, strict=True))
        if index != best
    ]
    return tokens[best], float(shares[best]), others
