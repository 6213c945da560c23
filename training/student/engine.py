"""llama.cpp through its low-level interface: tokens in, the last logits out, a KV cache that is reused.

Invariant: ``tokens`` is exactly what the KV cache holds, so that every evaluation pays only for what
follows the longest common prefix; what ``extend`` was given is evaluated when the next logits are read,
in one batch, and not at all where nobody reads them. Lives in the student's own process, where a native
abort harms nothing else. One sequence; not thread safe.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from training.student.fingerprint import fingerprint
from training.student.grammar_sampler import Logits
from training.student.kv_state import KvState
from training.student.loading import model_parameters
from training.student.threads import free_threads
from training.student.vocabulary import Vocabulary

PREFILL_CHUNK = 512
CPU_STEP = 64
"""Larger steps are no faster on a CPU, take more memory, and take a large model long to cancel."""
ABORTED = 2
WARNING, CONTINUED = 3, 5
"""Levels of llama.cpp's log; the second is the rest of a line of any level."""
THREADS_CHECKED_EVERY = 16
LARGEST_SCORES = 512 << 20
"""Bytes of attention scores above which flash attention is used on a CPU too, for its memory."""


ABORT_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)


class EngineError(Exception):
    """llama.cpp refused: one line, what and where."""


class Cancelled(Exception):
    """The evaluation was stopped on request; the cache holds what was evaluated before it."""


class Engine:
    """One model with one context."""

    def __init__(self, path: Path, *, context_tokens: int, threads: int, step: int = 0) -> None:
        """``step`` tokens are computed at once; 0 takes what usually suits the machine."""
        llama_cpp.llama_backend_init()
        self._step = step
        self._model = self._load(path)
        self.vocabulary = Vocabulary(self._model)
        self.context_tokens: int = min(context_tokens, llama_cpp.llama_model_n_ctx_train(self._model))
        self._most_threads = self._threads = threads
        self._evaluations = 0
        self._context = self._open(threads)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._base = self._fingerprint(path)
        self._adapter: Any = None
        self.identity = self._base
        """Changes with all that a KV state depends on."""
        self.can_forget = not (
            llama_cpp.llama_model_is_recurrent(self._model) or llama_cpp.llama_model_is_hybrid(self._model)
        )
        """Whether the cache can be cut at any token; else it can only be emptied."""
        self.tokens: list[int] = []
        self._pending: list[int] = []
        self.stop: Callable[[], bool] = lambda: False
        self._abort = ABORT_CALLBACK(lambda _: self.stop())
        llama_cpp.llama_set_abort_callback(self._context, self._abort, None)

    def _load(self, path: Path) -> Any:
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), model_parameters())
        if not model:
            raise EngineError(f"{path}: llama.cpp cannot load this file as a model")
        return model

    def _open(self, threads: int) -> Any:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = self.context_tokens
        parameters.n_batch, parameters.n_ubatch = PREFILL_CHUNK, self._at_once()
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = self._flash_attention()
        context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not context:
            size = f"{self.context_tokens} tokens ({self._kv_bytes() >> 20} MB)"
            raise EngineError(f"there is no memory for a context of {size}; set student.context_tokens lower")
        return context

    def _at_once(self) -> int:
        """Tokens of one step of the computation, which cannot be cancelled."""
        if self._step:
            return min(self._step, PREFILL_CHUNK)
        return PREFILL_CHUNK if llama_cpp.llama_supports_gpu_offload() else CPU_STEP

    def _flash_attention(self) -> int:
        """Off where the scores fit: on a CPU it makes a few tokens after a long prompt twice as dear."""
        scores = llama_cpp.llama_model_n_head(self._model) * self.context_tokens * self._at_once() * 4
        if llama_cpp.llama_supports_gpu_offload() or scores > LARGEST_SCORES:
            return int(llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO)
        return int(llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED)

    def _fingerprint(self, path: Path) -> str:
        """Of the base with what else the layout of its states depends on."""
        parts = (llama_cpp.__version__, fingerprint(path), self.context_tokens, self._flash_attention())
        return "/".join(str(part) for part in parts)

    def use_adapter(self, path: Path | None) -> None:
        """Serve with the LoRA adapter of ``path``, or with none; the base stays loaded.

        Empties the cache, which another adapter computed. Raises EngineError, and all is as before.
        """
        adapter, identity = None, self._base
        if path:
            identity = f"{self._base}+{fingerprint(path)}"
            adapter = llama_cpp.llama_adapter_lora_init(self._model, str(path).encode())
            if not adapter:
                raise EngineError(f"{path}: llama.cpp cannot load this file as an adapter of the model")
        if adapter or self._adapter:
            self._set_adapter(adapter)
        if self._adapter:
            llama_cpp.llama_adapter_lora_free(self._adapter)
        self._adapter, self.identity = adapter, identity
        self._forget()

    def _set_adapter(self, adapter: Any) -> None:
        count = 1 if adapter else 0
        array = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(adapter)
        if llama_cpp.llama_set_adapters_lora(self._context, array, count, (ctypes.c_float * 1)(1.0)):
            raise EngineError("llama.cpp cannot apply the adapter to the model")

    @property
    def memory_bytes(self) -> int:
        """Weights and KV cache."""
        return int(llama_cpp.llama_model_size(self._model)) + self._kv_bytes()

    def _kv_bytes(self) -> int:
        model = self._model
        heads, kv_heads = llama_cpp.llama_model_n_head(model), llama_cpp.llama_model_n_head_kv(model)
        width = llama_cpp.llama_model_n_embd(model) * kv_heads // max(heads, 1)
        return int(llama_cpp.llama_model_n_layer(model) * self.context_tokens * width * 2 * 2)

    def evaluate(self, tokens: Sequence[int]) -> int:
        """Make the cache hold exactly ``tokens``; return how many of them were already there.

        Raises Cancelled as soon as ``stop()`` says so, and EngineError.
        """
        self._fit_threads()
        self._pending = []
        self._forget_after(min(common(self.tokens, tokens), len(tokens) - 1))
        kept = len(self.tokens)
        self.extend(tokens[kept:])
        self._evaluate_pending()
        return kept

    def scores(self, tokens: Sequence[int], start: int) -> Iterator[Logits]:
        """Make the cache hold exactly ``tokens``; the logits behind each from ``start`` on, in order.

        What is yielded is a view, valid until the next one. Raises as ``evaluate`` does.
        """
        self._fit_threads()
        self._pending = []
        self._forget_after(min(common(self.tokens, tokens), start))
        while (begin := len(self.tokens)) < len(tokens):
            piece = tokens[begin : begin + PREFILL_CHUNK]
            self._decode_scored(piece, begin, start)
            for place in range(max(start - begin, 0), len(piece)):
                yield self._logits_at(place)

    def _decode_scored(self, piece: Sequence[int], begin: int, start: int) -> None:
        batch = llama_cpp.llama_batch_init(len(piece), 0, 1)
        try:
            batch.n_tokens = len(piece)
            for place, token in enumerate(piece):
                batch.token[place], batch.pos[place] = token, begin + place
                batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
                batch.logits[place] = begin + place >= start
            self._run(batch, piece)
        finally:
            llama_cpp.llama_batch_free(batch)

    def extend(self, tokens: Sequence[int]) -> None:
        """Let ``tokens`` follow; they are evaluated when logits are read next."""
        self._pending += tokens

    @property
    def room(self) -> int:
        """How many tokens may still follow."""
        return self.context_tokens - len(self.tokens) - len(self._pending) - 1

    def _evaluate_pending(self) -> None:
        if not self._pending:
            return
        self._evaluations += 1
        if self._evaluations % THREADS_CHECKED_EVERY == 0:
            self._fit_threads()
        tokens, self._pending = self._pending, []
        for start in range(0, len(tokens), PREFILL_CHUNK):
            self._decode(tokens[start : start + PREFILL_CHUNK])

    def _fit_threads(self) -> None:
        """Use as many threads as find a core now."""
        threads = free_threads(self._most_threads)
        if threads != self._threads:
            self._threads = threads
            llama_cpp.llama_set_n_threads(self._context, threads, threads)

    def _forget_after(self, count: int) -> None:
        if count < len(self.tokens):
            if llama_cpp.llama_memory_seq_rm(self._memory, 0, count, -1):
                self.tokens = self.tokens[:count]
            else:
                self._forget()

    def _forget(self) -> None:
        llama_cpp.llama_memory_clear(self._memory, True)
        self.tokens, self._pending = [], []

    def save(self) -> KvState:
        """A copy of what the cache holds."""
        size = llama_cpp.llama_state_seq_get_size(self._context, 0)
        data = bytearray(size)
        written = llama_cpp.llama_state_seq_get_data(self._context, _pointer(data), size, 0)
        return KvState(tuple(self.tokens), data[:written] if written < size else data)

    def restore(self, state: KvState) -> None:
        """Make the cache hold ``state``, which this engine saved under the same ``identity``.

        Empties it where llama.cpp does not take the state. The next evaluation gives logits again.
        """
        self._forget()
        if llama_cpp.llama_state_seq_set_data(self._context, _pointer(state.data), state.size, 0):
            self.tokens = list(state.tokens)
        else:
            self._forget()

    def _decode(self, tokens: Sequence[int]) -> None:
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        self._run(llama_cpp.llama_batch_get_one(array, len(tokens)), tokens)

    def _run(self, batch: Any, tokens: Sequence[int]) -> None:
        status = llama_cpp.llama_decode(self._context, batch)
        if status == ABORTED:
            llama_cpp.llama_memory_seq_rm(self._memory, 0, len(self.tokens), -1)
            raise Cancelled
        if status:
            raise EngineError(f"llama.cpp could not evaluate {len(tokens)} tokens (status {status})")
        self.tokens.extend(tokens)

    def logits(self) -> Logits:
        """The last token's logits, shape (vocab_size,): a view, valid until the next evaluation."""
        self._evaluate_pending()
        return self._logits_at(-1)

    def _logits_at(self, place: int) -> Logits:
        pointer = llama_cpp.llama_get_logits_ith(self._context, place)
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary.size,))

    def close(self) -> None:
        """Free the native memory."""
        if self._context:
            llama_cpp.llama_free(self._context)
            llama_cpp.llama_model_free(self._model)
            self._context = self._model = None


def hush() -> None:
    """Let llama.cpp print warnings and errors only; it has a line for every swap and every evaluation."""
    llama_cpp.llama_log_set(_LOG, None)


def _log(level: int, text: bytes, _data: object) -> None:
    if WARNING <= level < CONTINUED:
        sys.stderr.write(text.decode("utf-8", "replace"))


_LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(_log)
"""Kept for as long as the library may call it."""


def _pointer(data: bytes | bytearray) -> Any:
    """The address of ``data``, which is not copied."""
    return np.frombuffer(data, dtype=np.uint8).ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))


def common(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the longest common prefix."""
    for index, (left, right) in enumerate(zip(first, second, strict=False)):
        if left != right:
            return index
    return min(len(first), len(second))
