"""From 16 bits to the smallest quantisation that loses nothing that counts."""

from collections.abc import Iterator
from pathlib import Path

from training.export.gate import Gate, Verdict
from training.export.quantise import K_ROW, LADDER, Quantisation, quantise
from training.export.template import tensors_of


def suited(base: Path) -> Quantisation:
    """The smallest that llama.cpp can store as it is called: K-quants need rows divisible by 256."""
    rows = [int(one.shape[0]) for one in tensors_of(base).values() if len(one.shape) == 2]
    return "Q8_0" if any(row % K_ROW for row in rows) else LADDER[0]


def climb(f16: Path, start: Quantisation, gate: Gate, folder: Path) -> Iterator[tuple[Path, Verdict]]:
    """Each quantisation from ``start`` on with its verdict, until one passes the gate; the last may not.

    Raises ExportError, EngineError.
    """
    for to in LADDER[LADDER.index(start) :]:
        path = folder / f"{to}.gguf"
        quantise(f16, path, to)
        verdict = gate.model(path, to)
        yield path, verdict
        if verdict.passed:
            return
