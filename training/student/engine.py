"""llama.cpp through its low-level interface: tokens in, the last logits out, a KV cache that is reused.

Invariant: ``tokens`` is exactly what the KV cache holds, so that every evaluation pays only for what
follows the longest common prefix. Lives in the student's own process, where a native abort harms
nothing else. One sequence; not thread safe.
"""

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from tools.protocol.render import CHATML, Segment, TemplateSource
from training.student.threads import free_threads

Logits = np.ndarray[Any, np.dtype[np.float32]]
TOKEN_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
PREFILL_CHUNK = 512
ABORTED = 2
THREADS_CHECKED_EVERY = 16


ABORT_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)


class EngineError(Exception):
    """llama.cpp refused: one line, what and where."""


class Cancelled(Exception):
    """The evaluation was stopped on request; the cache holds what was evaluated before it."""


class Engine:
    """One model with one context."""

    def __init__(self, path: Path, *, context_tokens: int, threads: int, adapter: Path | None = None) -> None:
        llama_cpp.llama_backend_init()
        self._model = self._load(path)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.vocab_size = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self.context_tokens = min(context_tokens, llama_cpp.llama_model_n_ctx_train(self._model))
        self._most_threads = self._threads = threads
        self._evaluations = 0
        self._context = self._open(threads)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._adapter = self._set_adapter(adapter) if adapter else None
        self.template: TemplateSource = self._read_template()
        self.tokens: list[int] = []
        self.stop: Callable[[], bool] = lambda: False
        self._abort = ABORT_CALLBACK(lambda _: self.stop())
        llama_cpp.llama_set_abort_callback(self._context, self._abort, None)

    def _load(self, path: Path) -> Any:
        parameters = llama_cpp.llama_model_default_params()
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not model:
            raise EngineError(f"{path}: llama.cpp cannot load this file as a model")
        return model

    def _open(self, threads: int) -> Any:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = self.context_tokens
        parameters.n_batch = parameters.n_ubatch = PREFILL_CHUNK
        parameters.n_threads = parameters.n_threads_batch = threads
        context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not context:
            size = f"{self.context_tokens} tokens ({self._kv_bytes() >> 20} MB)"
            raise EngineError(f"there is no memory for a context of {size}; set student.context_tokens lower")
        return context

    def _set_adapter(self, path: Path) -> Any:
        adapter = llama_cpp.llama_adapter_lora_init(self._model, str(path).encode())
        if not adapter:
            raise EngineError(f"{path}: llama.cpp cannot load this file as an adapter of the model")
        array = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(adapter)
        if llama_cpp.llama_set_adapters_lora(self._context, array, 1, (ctypes.c_float * 1)(1.0)):
            raise EngineError(f"{path}: the adapter does not fit the model")
        return adapter

    def _read_template(self) -> TemplateSource:
        text = llama_cpp.llama_model_chat_template(self._model, None)
        vocab = self._vocab
        bos, eos = llama_cpp.llama_vocab_bos(vocab), llama_cpp.llama_vocab_eos(vocab)
        adds_bos = llama_cpp.llama_vocab_get_add_bos(vocab)
        template = text.decode("utf-8", "replace") if text else CHATML
        return TemplateSource(template, self.piece(bos) if adds_bos else "", self.piece(eos))

    @property
    def memory_bytes(self) -> int:
        """Weights and KV cache."""
        return int(llama_cpp.llama_model_size(self._model)) + self._kv_bytes()

    def _kv_bytes(self) -> int:
        model = self._model
        heads, kv_heads = llama_cpp.llama_model_n_head(model), llama_cpp.llama_model_n_head_kv(model)
        width = llama_cpp.llama_model_n_embd(model) * kv_heads // max(heads, 1)
        return int(llama_cpp.llama_model_n_layer(model) * self.context_tokens * width * 2 * 2)

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
            raise EngineError(f"a text of {len(data)} bytes cannot be tokenised")
        return list(buffer[:count])

    def tokenize_segments(self, segments: Sequence[Segment]) -> list[int]:
        """The token ids of a rendered prompt."""
        return [token for part in segments for token in self.tokenize(part.text, control=part.control)]

    def is_end(self, token: int) -> bool:
        """True for the tokens that end a turn."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def evaluate(self, tokens: Sequence[int]) -> int:
        """Make the cache hold exactly ``tokens``; return how many of them were already there.

        Raises Cancelled as soon as ``stop()`` says so, and EngineError.
        """
        self._fit_threads(own=1)
        kept = _common(self.tokens, tokens)
        kept = min(kept, len(tokens) - 1)
        self._forget_after(kept)
        self.extend(tokens[kept:])
        return kept

    def extend(self, tokens: Sequence[int]) -> None:
        """Evaluate what follows what the cache holds."""
        self._evaluations += 1
        if self._evaluations % THREADS_CHECKED_EVERY == 0:
            self._fit_threads(own=self._threads)
        for start in range(0, len(tokens), PREFILL_CHUNK):
            self._decode(tokens[start : start + PREFILL_CHUNK])

    def _fit_threads(self, own: int) -> None:
        """Use as many threads as find a core now; ``own`` of those that run are ours."""
        threads = free_threads(self._most_threads, own)
        if threads != self._threads:
            self._threads = threads
            llama_cpp.llama_set_n_threads(self._context, threads, threads)

    def _forget_after(self, count: int) -> None:
        if count < len(self.tokens):
            if llama_cpp.llama_memory_seq_rm(self._memory, 0, count, -1):
                self.tokens = self.tokens[:count]
            else:  # recurrent models cannot forget a part
                llama_cpp.llama_memory_clear(self._memory, True)
                self.tokens = []

    def _decode(self, tokens: Sequence[int]) -> None:
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        status = llama_cpp.llama_decode(self._context, llama_cpp.llama_batch_get_one(array, len(tokens)))
        if status == ABORTED:
            llama_cpp.llama_memory_seq_rm(self._memory, 0, len(self.tokens), -1)
            raise Cancelled
        if status:
            raise EngineError(f"llama.cpp could not evaluate {len(tokens)} tokens (status {status})")
        self.tokens.extend(tokens)

    def logits(self) -> Logits:
        """The last token's logits, shape (vocab_size,): a view, valid until the next evaluation."""
        pointer = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self.vocab_size,))

    def grammar(self, source: str) -> "Grammar":
        """A grammar over this vocabulary."""
        return Grammar(self._vocab, source)

    def close(self) -> None:
        """Free the native memory."""
        if self._context:
            llama_cpp.llama_free(self._context)
            llama_cpp.llama_model_free(self._model)
            self._context = self._model = None


class Grammar:
    """A llama.cpp grammar that checks the likeliest token first and masks only on a conflict."""

    def __init__(self, vocab: Any, source: str) -> None:
        self._sampler = llama_cpp.llama_sampler_init_grammar(vocab, source.encode(), b"root")
        if not self._sampler:
            raise EngineError("llama.cpp cannot parse the grammar of a tool's arguments")

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
        return self._masked(logits)

    def _masked(self, logits: Logits) -> int:
        size = len(logits)
        data = (llama_cpp.llama_token_data * size)()
        view = np.frombuffer(memoryview(data), dtype=TOKEN_DATA)
        view["id"] = np.arange(size)
        view["logit"] = logits
        array = llama_cpp.llama_token_data_array(data=data, size=size, selected=-1, sorted=False)
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return int(view["id"][int(view["logit"].argmax())])

    def accept(self, token: int) -> None:
        """Move on past ``token``, which must be allowed: llama.cpp aborts the process otherwise."""
        llama_cpp.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        """Free the native memory."""
        if self._sampler:
            llama_cpp.llama_sampler_free(self._sampler)
            self._sampler = None


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the longest common prefix."""
    for index, (left, right) in enumerate(zip(first, second, strict=False)):
        if left != right:
            return index
    return min(len(first), len(second))
