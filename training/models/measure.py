"""The process that measures one model: ``python -P -m training.models.measure SPECIFICATION``.

The specification is JSON: ``path``, ``cores``, ``context_tokens`` as wished, ``seconds`` to measure, and
``quick``: one round only. It prints a JSON line for each step, ``{"step", "of", "what"}``, and at the end
``{"result"}`` or ``{"problem"}``. llama.cpp may die of the file; who started this says so.
"""

import ctypes
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TextIO

from sandbox.clean_start import clean
from training.models.header_reader import facts
from training.models.memory import available_bytes, fitting_context
from training.student.memory import peak_bytes
from training.student.threads import free_threads

LEAST_CONTEXT = 512
FIRST_TOKENS, DECODED_TOKENS = 32, 16
QUICK_TOKENS, LONG_TOKENS = 64, 512
ROUNDS = 3
BATCHES = (32, 64, 128, 256, 512)
ABORTED = 2
ABORT_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)


class OutOfTime(Exception):
    """The time to measure is over."""


@dataclass
class Best:
    """The highest speeds seen of one way to run, in tokens per second: what disturbs only slows down."""

    threads: int
    batch: int
    prefill: float = 0.0
    decode: float = 0.0

    def as_trial(self) -> dict[str, float]:
        return {
            "threads": self.threads,
            "batch": self.batch,
            "prefill_tokens_per_s": self.prefill,
            "decode_tokens_per_s": self.decode,
        }


class Bench:
    """One model in memory. Token ids do not matter to the speed, so they are just counted up."""

    def __init__(self, path: Path, seconds: float) -> None:
        import llama_cpp

        from training.student.loading import model_parameters

        self._api: Any = llama_cpp
        llama_cpp.llama_backend_init()
        started = time.perf_counter()
        self.model = llama_cpp.llama_model_load_from_file(os.fsencode(path), model_parameters())
        self.load_s = time.perf_counter() - started
        self._end = time.monotonic() + seconds
        self._abort = ABORT_CALLBACK(lambda _: time.monotonic() > self._end)
        self._context: Any = None
        self._batch = 0
        if self.model:
            vocab = llama_cpp.llama_model_get_vocab(self.model)
            self._tokens = cycle(range(3, max(4, llama_cpp.llama_vocab_n_tokens(vocab))))

    @property
    def likely_batch(self) -> int:
        """What the engine takes where nothing was measured."""
        from training.student.engine import CPU_STEP, PREFILL_CHUNK

        return PREFILL_CHUNK if self._api.llama_supports_gpu_offload() else CPU_STEP

    def open(self, context_tokens: int, batch: int) -> bool:
        """A context to run in, in place of the one before. False where there is no memory for it."""
        if batch == self._batch:
            return True
        self.close()
        parameters = self._api.llama_context_default_params()
        parameters.n_ctx = context_tokens
        parameters.n_batch, parameters.n_ubatch = LONG_TOKENS, batch
        self._context = self._api.llama_init_from_model(self.model, parameters)
        if not self._context:
            return False
        self._batch = batch
        self._api.llama_set_abort_callback(self._context, self._abort, None)
        return True

    def close(self) -> None:
        if self._context:
            self._api.llama_free(self._context)
            self._context, self._batch = None, 0

    def run(self, best: Best, prompt: int) -> None:
        """One round of ``best``: a prompt is read, then tokens are written one by one. Raises OutOfTime."""
        self._api.llama_set_n_threads(self._context, best.threads, best.threads)
        self._api.llama_memory_clear(self._api.llama_get_memory(self._context), False)
        best.prefill = max(best.prefill, self._speed(prompt, prompt))
        best.decode = max(best.decode, self._speed(DECODED_TOKENS, 1))

    def _speed(self, count: int, at_once: int) -> float:
        tokens = list(islice(self._tokens, count))
        started = time.perf_counter()
        for start in range(0, count, at_once):
            self._decode(tokens[start : start + at_once])
        return count / (time.perf_counter() - started)

    def _decode(self, tokens: Sequence[int]) -> None:
        array = (self._api.llama_token * len(tokens))(*tokens)
        status = self._api.llama_decode(self._context, self._api.llama_batch_get_one(array, len(tokens)))
        if status == ABORTED:
            raise OutOfTime
        if status:
            raise RuntimeError(f"llama.cpp could not evaluate {len(tokens)} tokens (status {status})")


def thread_counts(cores: int, *, quick: bool) -> list[int]:
    """What is tried, the likeliest first."""
    if quick:
        counts = {cores, max(1, cores // 2)}
    else:
        counts = {cores, cores // 2, *(2**power for power in range(8))}
    return sorted((count for count in counts if 1 <= count <= cores), reverse=True)


def measure(specification: dict[str, Any], out: TextIO) -> dict[str, Any]:
    """Load, open, run. Returns what ``calibration.Calibration`` holds of it, or ``{"problem"}``."""
    quick, cores = bool(specification["quick"]), int(specification["cores"])
    available = available_bytes()
    bench = Bench(Path(specification["path"]), float(specification["seconds"]))
    if not bench.model:
        return {"problem": "llama.cpp cannot load this file as a model"}
    known = facts(bench.model)
    longest, kv, weights = known["context_tokens"], known["kv_bytes_per_token"], known["weights_bytes"]
    fitting = fitting_context(available, weights, kv, longest)
    context = min(fitting, int(specification["context_tokens"]))
    if context < LEAST_CONTEXT or not bench.open(context, bench.likely_batch):
        return {"problem": f"there is no memory for {weights >> 20} MB of weights and {LEAST_CONTEXT} tokens"}
    ways, busy = _run(bench, context, cores, quick, out)
    trials = [way.as_trial() for way in ways if way.prefill and way.decode]
    if not trials:
        return {"problem": "it is too slow on this machine to be measured in that time"}
    return {
        "model_context_tokens": longest,
        "fitting_tokens": fitting,
        "context_tokens": context,
        "kv_bytes_per_token": kv,
        "weights_bytes": weights,
        "memory_bytes": peak_bytes(),
        "load_s": bench.load_s,
        "busy": busy,
        "trials": trials,
    }


def _run(bench: Bench, context: int, cores: int, quick: bool, out: TextIO) -> tuple[list[Best], bool]:
    """Every way to run, round after round, so that what changes on the machine meets all of them.

    True where the machine was busy most of the time.
    """
    likely = bench.likely_batch
    ways = [Best(count, likely) for count in thread_counts(cores, quick=quick)]
    if is_busy(cores):
        # Threads that wait for a core may take all of the time; those that do not, first.
        ways.reverse()
    busy: list[bool] = []
    try:
        bench.run(ways[0], FIRST_TOKENS)
        prompt = int(
            min(max(ways[0].prefill, FIRST_TOKENS), QUICK_TOKENS if quick else LONG_TOKENS, context // 2)
        )
        if not quick:
            ways += [Best(cores, batch) for batch in BATCHES if batch != likely and 2 * batch <= prompt]
        plan = ways * (1 if quick else ROUNDS)
        for step, way in enumerate(plan):
            _tell(out, {"step": step, "of": len(plan), "what": f"{way.threads} threads, batch {way.batch}"})
            busy.append(is_busy(cores))
            if bench.open(context, way.batch):
                bench.run(way, prompt)
    except OutOfTime:
        pass
    return ways, 2 * sum(busy) >= len(busy)


def is_busy(cores: int) -> bool:
    """Whether somebody else runs now."""
    return free_threads(cores, cores=cores) < cores


def _tell(out: TextIO, line: dict[str, Any]) -> None:
    out.write(json.dumps(line) + "\n")
    out.flush()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # llama.cpp prints where it likes.
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    try:
        found = measure(json.loads(sys.argv[1]), out)
    except RuntimeError as error:
        found = {"problem": str(error)}
    _tell(out, found if "problem" in found else {"result": found})


if __name__ == "__main__":
    clean()
    main()
