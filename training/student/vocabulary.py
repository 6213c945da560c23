"""The tokens of a GGUF: text to ids and back, and the chat template, as llama.cpp has them.

Invariant: the ids are those that the student sees, because the same code makes them. Opened alone it reads
no weights.
"""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from tools.protocol.render import CHATML, Segment, TemplateSource
from training.student.grammar_sampler import Grammar


class VocabularyError(Exception):
    """The file has no vocabulary, or a text does not fit it: one line."""


class Vocabulary:
    """Of a loaded model (a ``llama_model_p``), which must outlive it."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._vocab = llama_cpp.llama_model_get_vocab(model)
        self.size = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.end = int(llama_cpp.llama_vocab_eos(self._vocab))
        """The token that ends a turn."""
        self.template = self._read_template()

    @classmethod
    def of(cls, path: Path) -> "Vocabulary":
        """That of a file, without its weights. Raises VocabularyError."""
        llama_cpp.llama_backend_init()
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not model:
            raise VocabularyError(f"{path}: llama.cpp cannot read a vocabulary from this file")
        return cls(model)

    def _read_template(self) -> TemplateSource:
        text = llama_cpp.llama_model_chat_template(self._model, None)
        bos = llama_cpp.llama_vocab_bos(self._vocab)
        adds_bos = llama_cpp.llama_vocab_get_add_bos(self._vocab)
        template = text.decode("utf-8", "replace") if text else CHATML
        return TemplateSource(template, self.piece(bos) if adds_bos else "", self.piece(self.end))

    def piece(self, token: int, *, special: bool = True) -> str:
        """The text of one token."""
        return self.piece_bytes(token, special=special).decode("utf-8", "replace")

    def piece_bytes(self, token: int, *, special: bool = False) -> bytes:
        """The bytes of one token; a character may be split over several."""
        if token < 0:
            return b""
        buffer = ctypes.create_string_buffer(256)
        size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, special)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, special)
        return buffer.raw[:size]

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        """Token ids. Special tokens written in ``text`` count only where ``control`` says so."""
        data = text.encode("utf-8", "replace")
        size = len(data) + 8
        buffer = (llama_cpp.llama_token * size)()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), buffer, size, False, control)
        if count < 0:
            raise VocabularyError(f"a text of {len(data)} bytes cannot be tokenised")
        return list(buffer[:count])

    def tokenize_segments(self, segments: Sequence[Segment]) -> list[int]:
        """The token ids of a rendered prompt."""
        return [token for part in segments for token in self.tokenize(part.text, control=part.control)]

    def grammar(self, source: str) -> Grammar:
        """A grammar in GBNF over these tokens. Raises GrammarError."""
        return Grammar(self._vocab, source)

    def is_end(self, token: int) -> bool:
        """True for the tokens that end a turn."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))
