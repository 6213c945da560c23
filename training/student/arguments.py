"""Writing a call's arguments under the grammar of its tool.

Cheap path: what can only come next is evaluated without sampling, else the likeliest token is checked,
and the vocabulary is masked only where that token is not allowed.
"""

from dataclasses import dataclass

from tools.protocol.grammar import arguments_grammar
from tools.protocol.messages import Signature
from training.student.engine import Engine
from training.student.grammar_sampler import Grammar
from training.student.repetition import Repetition
from training.student.scaffold import Scaffold

LOOP_TOKENS, RUN_TOKENS = 192, 256
"""A file's content may well repeat itself for longer than an answer does."""


@dataclass(frozen=True)
class Arguments:
    """The JSON text of one object, and its tokens. ``text`` is None where the limit did not suffice, or it
    ``repeated`` itself."""

    text: str | None
    tokens: int
    repeated: bool = False


def write_arguments_of(engine: Engine, signature: Signature, limit: int) -> Arguments:
    """One object in at most ``limit`` tokens."""
    grammar = engine.vocabulary.grammar(arguments_grammar(signature.parameters))
    scaffold = Scaffold(signature.parameters)
    limit = min(limit, engine.room)
    data = b""
    written = 0
    repetition = Repetition(LOOP_TOKENS, RUN_TOKENS)
    try:
        while written < limit and repetition.began is None:
            tokens = _forced(engine, grammar, scaffold) or [grammar.best(engine.logits())]
            pieces = [engine.vocabulary.piece_bytes(token) for token in tokens]
            for token, part in zip(tokens, pieces, strict=True):
                grammar.accept(token)
                repetition.feed(token, part)
            piece = b"".join(pieces)
            data += piece
            scaffold.feed(piece)
            engine.extend(tokens)
            written += len(tokens)
            if scaffold.complete:
                return Arguments(data.decode("utf-8", "replace").strip(), written)
        return Arguments(None, written, repetition.began is not None)
    finally:
        grammar.close()


def _forced(engine: Engine, grammar: Grammar, scaffold: Scaffold) -> list[int]:
    """The tokens of what can only come next, as the tokeniser makes them."""
    text = scaffold.forced()
    tokens = engine.vocabulary.tokenize(text) if text else []
    return tokens if not tokens or grammar.allows(tokens[0]) else []
