"""What transformers and PEFT call a tensor, and what a GGUF calls it.

Invariant: a name that has no place in the GGUF is an error, never left out. llama.cpp holds the rows of query
and key projections of the llama architecture in another order (``permuted``); who writes them has to follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_PREFIXES = ("base_model.model.",)
_PERMUTED = {"llama": ("attn_q.weight", "attn_k.weight")}


class ExportError(Exception):
    """The weights cannot be exported: one line, what, where, how to mend it."""


@dataclass(frozen=True)
class Shape:
    """What of a model its tensors' names and rows depend on."""

    architecture: str
    blocks: int
    heads: int
    kv_heads: int


class Names:
    """Maps names for one model. Raises ExportError for an architecture that nobody knows."""

    def __init__(self, shape: Shape) -> None:
        import gguf

        known = {name: arch for arch, name in gguf.MODEL_ARCH_NAMES.items()}
        if shape.architecture not in known:
            raise ExportError(
                f"the base has the architecture {shape.architecture!r}, which gguf does not know"
            )
        self.shape = shape
        self._map: Any = gguf.get_tensor_name_map(known[shape.architecture], shape.blocks)

    def of(self, name: str) -> str:
        """The GGUF's name of a weight that transformers calls ``name``. Raises ExportError."""
        plain = name
        for prefix in _PREFIXES:
            plain = plain.removeprefix(prefix)
        found: str | None = self._map.get_name(plain, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise ExportError(f"the weight {name} has no place in a GGUF of {self.shape.architecture}")
        return found

    def permuted(self, name: str, rows: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The rows [out, ...] of the tensor ``name`` in the order of the GGUF."""
        if not (heads := self._heads(name)):
            return rows
        half = rows.shape[0] // heads // 2
        return rows.reshape(heads, 2, half, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)

    def unpermuted(self, name: str, rows: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The rows [out, ...] of the GGUF's tensor ``name`` in the order of transformers."""
        if not (heads := self._heads(name)):
            return rows
        half = rows.shape[0] // heads // 2
        return rows.reshape(heads, half, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)

    def _heads(self, name: str) -> int:
        """How many heads the rows of a tensor are reordered by; 0 where they are not."""
        ending = name.split(".", 2)[-1]
        if ending not in _PERMUTED.get(self.shape.architecture, ()):
            return 0
        return self.shape.heads if ending.startswith("attn_q") else self.shape.kv_heads


def pairs(weights: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """An adapter's matrices by the weight they belong to: ``name: (A [r, in], B [out, r])``.

    Raises ExportError where one has no partner, or where there is something else.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, weight in weights.items():
        of, part = parted(name)
        found.setdefault(of, {})[part] = weight
    for name, parts in found.items():
        if len(parts) != 2:
            raise ExportError(f"the adapter has one matrix of two for {name}")
    return {name: (parts["A"], parts["B"]) for name, parts in found.items()}


def parted(name: str) -> tuple[str, str]:
    """The weight that a matrix of an adapter belongs to, and which of the two it is: ``A`` or ``B``.

    Raises ExportError.
    """
    for part in ("A", "B"):
        before, middle, _ = name.partition(f".lora_{part}.")
        if middle:
            return f"{before}.weight", part
    raise ExportError(f"the adapter holds {name}, which is no matrix of a LoRA")
