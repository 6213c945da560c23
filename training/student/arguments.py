"""Writing a call's arguments under the grammar of its tool.

Cheap path: what can only come next is evaluated without sampling, else the likeliest token is checked,
and the vocabulary is masked only where that token is not allowed.
"""

from tools.protocol.grammar import arguments_grammar
from tools.protocol.messages import Signature
from training.student.engine import Engine
from training.student.free_text import in_circles
from training.student.grammar_sampler import Grammar
from training.student.scaffold import Scaffold

LOOP_TOKENS = 192
"""A file's content may well repeat itself for longer than an answer does."""


def write_arguments_of(engine: Engine, signature: Signature, limit: int) -> tuple[str | None, int]:
    """The JSON text of one object, and the tokens it took; None where ``limit`` tokens did not suffice or
    it went in circles."""
    grammar = engine.vocabulary.grammar(arguments_grammar(signature.parameters))
    scaffold = Scaffold(signature.parameters)
    limit = min(limit, engine.room)
    data = b""
    written: list[int] = []
    try:
        while len(written) < limit and not in_circles(written, LOOP_TOKENS):
            tokens = _forced(engine, grammar, scaffold) or [grammar.best(engine.logits())]
            for token in tokens:
                grammar.accept(token)
            piece = b"".join(engine.vocabulary.piece_bytes(token) for token in tokens)
            data += piece
            scaffold.feed(piece)
            engine.extend(tokens)
            written += tokens
            if scaffold.complete:
                return data.decode("utf-8", "replace").strip(), len(written)
        return None, len(written)
    finally:
        grammar.close()


def _forced(engine: Engine, grammar: Grammar, scaffold: Scaffold) -> list[int]:
    """The tokens of what can only come next, as the tokeniser makes them."""
    text = scaffold.forced()
    tokens = engine.vocabulary.tokenize(text) if text else []
    return tokens if not tokens or grammar.allows(tokens[0]) else []
