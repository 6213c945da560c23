"""A llama.cpp grammar by the cheap path: check the likeliest token, mask only on a conflict."""

import ctypes
from typing import Any

import llama_cpp
import numpy as np

Logits = np.ndarray[Any, np.dtype[np.float32]]
TOKEN_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


LIKELY = 256
"""Tokens that are tried before the whole vocabulary is, which takes as long as evaluating one."""


class GrammarError(Exception):
    """llama.cpp cannot parse a grammar: one line."""


class Grammar:
    """Where one text under a grammar stands. Native memory: ``close`` it."""

    def __init__(self, vocab: Any, source: str) -> None:
        self._sampler = llama_cpp.llama_sampler_init_grammar(vocab, source.encode(), b"root")
        if not self._sampler:
            raise GrammarError("llama.cpp cannot parse the grammar of a tool's arguments")

    def allows(self, token: int) -> bool:
        """True where ``token`` may come next."""
        one = (llama_cpp.llama_token_data * 1)(llama_cpp.llama_token_data(token, 0.0, 0.0))
        array = llama_cpp.llama_token_data_array(data=one, size=1, selected=-1, sorted=False)
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return bool(one[0].logit > float("-inf"))

    def best(self, logits: Logits) -> int:
        """The most likely token that may come next."""
        first = int(logits.argmax())
        if self.allows(first):
            return first
        likely = np.argpartition(logits, -LIKELY)[-LIKELY:] if len(logits) > LIKELY else ()
        for tokens in (likely, np.arange(len(logits))):
            token = self._best_of(tokens, logits) if len(tokens) else None
            if token is not None:
                return token
        raise GrammarError("no token of the vocabulary may come next under the grammar")

    def _best_of(self, tokens: Any, logits: Logits) -> int | None:
        """The most likely of ``tokens`` that may come next; None where none may."""
        size = len(tokens)
        data = (llama_cpp.llama_token_data * size)()
        view = np.frombuffer(memoryview(data), dtype=TOKEN_DATA)
        view["id"] = tokens
        view["logit"] = logits[tokens]
        array = llama_cpp.llama_token_data_array(data=data, size=size, selected=-1, sorted=False)
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(array))
        best = int(view["logit"].argmax())
        return int(view["id"][best]) if view["logit"][best] > float("-inf") else None

    def accept(self, token: int) -> None:
        """Move on past ``token``, which must be allowed: llama.cpp aborts the process otherwise."""
        llama_cpp.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        """Free the native memory."""
        if self._sampler:
            llama_cpp.llama_sampler_free(self._sampler)
            self._sampler = None
