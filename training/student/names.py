"""Choosing a tool's name over the token trie of the names on offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.protocol.calls import ANSWER, ANSWER_PREFIX
from training.student.base import Branches
from training.student.engine import Engine
from training.student.trie import END, Node, build, ended, forced, label

CERTAIN = 100.0


@dataclass(frozen=True)
class Choice:
    """A name, how many tokens it took, and what it was chosen among; a branch that several names share is
    written ``run_*``."""

    name: str
    tokens: int
    branches: Branches


def choose(
    engine: Engine, names: Sequence[str], odds: Mapping[str, float] | None = None, towards: str = ""
) -> Choice:
    """The likeliest of ``names``, with its tokens evaluated.

    ``odds`` are added to the logits of names; a branch that several share has those of the best of them. If a
    branch was taken only because of the odds of the name ``towards``, no other name in it is chosen.

    Tokens that follow without a choice are evaluated in one go with the branch before them, so that
    a name that is decided by its first token costs one evaluation.
    """
    pending, node = forced(build({name: _tokens(engine, name) for name in names}))
    odds = dict(odds or {})
    count = 0
    branches: list[tuple[tuple[str, float], ...]] = []
    while not ended(node):
        engine.extend(pending)
        count += len(pending)
        token, branch, own = _branch(engine, node, odds)
        branches.append(branch)
        if token != own and towards in node.children[token].names:
            odds[towards] = CERTAIN
        pending, node = ([], node.children[token]) if token == END else _follow(token, node)
        if token == END:
            break
    engine.extend(pending)
    return Choice(node.names[0], count + len(pending), tuple(branches))


def _follow(token: int, node: Node) -> tuple[list[int], Node]:
    following, node = forced(node.children[token])
    return [token, *following], node


def _tokens(engine: Engine, name: str) -> list[int]:
    """``answer`` is chosen together with the newline that ends it."""
    return engine.vocabulary.tokenize(ANSWER_PREFIX if name == ANSWER else name)


def _branch(
    engine: Engine, node: Node, odds: Mapping[str, float]
) -> tuple[int, tuple[tuple[str, float], ...], int]:
    """The likeliest child, the children with their shares, that one first, and the likeliest by itself.

    The end of a name is as likely as the token that opens its arguments.
    """
    tokens = list(node.children)
    logits = engine.logits()
    opening = engine.vocabulary.tokenize(' {"')[0]
    scores = np.array([logits[opening if token == END else token] for token in tokens], dtype=np.float64)
    own = tokens[int(scores.argmax())]
    scores += [max(odds.get(name, 0.0) for name in node.children[token].names) for token in tokens]
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    order = sorted(range(len(tokens)), key=lambda index: -shares[index])
    branch = tuple((label(node.children[tokens[index]].names), float(shares[index])) for index in order)
    return tokens[order[0]], branch, own
