"""Quantising through the llama.cpp that runs the student.

Invariant: what became of each row width is told: K-quants need rows divisible by 256, and llama.cpp
takes another type where they are not.
"""

import ctypes
from pathlib import Path
from typing import Literal

from training.export.naming import ExportError
from training.export.template import Template

Quantisation = Literal["f16", "Q8_0", "Q5_K_M", "Q4_K_M"]
LADDER: tuple[Quantisation, ...] = ("Q4_K_M", "Q5_K_M", "Q8_0")
"""From the smallest on: when one loses too much, the next is tried."""

_FTYPES = {"Q4_K_M": 15, "Q5_K_M": 17, "Q8_0": 7}
K_ROW = 256


def quantise(source: Path, target: Path, to: Quantisation, threads: int = 0) -> None:
    """Write ``source`` (float16) to ``target``. Raises ExportError."""
    import llama_cpp

    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = _FTYPES[to]
    parameters.nthread = threads
    # Kept until the call has returned: llama.cpp holds no copies.
    names = (str(source).encode(), str(target).encode())
    if llama_cpp.llama_model_quantize(names[0], names[1], ctypes.byref(parameters)) != 0:
        raise ExportError(f"llama.cpp could not write {target} as {to}; make room, or see the log")


def fallbacks(model: Path, to: Quantisation) -> str:
    """One line on the tensors that are stored in another type than was asked for; empty where none are."""
    if not to.startswith("Q") or to == "Q8_0":
        return ""
    odd = {
        int(tensor.shape[0])
        for tensor in Template(model).tensors.values()
        if len(tensor.shape) == 2 and int(tensor.shape[0]) % K_ROW
    }
    if not odd:
        return ""
    widths = ", ".join(map(str, sorted(odd)))
    return (
        f"rows of {widths} are not divisible by {K_ROW}, so llama.cpp stores them in larger types: "
        f"{bits_per_weight(model):.1f} bits per weight in all"
    )


def bits_per_weight(model: Path) -> float:
    """Of the tensors of a GGUF."""
    tensors = Template(model).tensors.values()
    return 8 * sum(int(each.n_bytes) for each in tensors) / sum(int(each.n_elements) for each in tensors)
