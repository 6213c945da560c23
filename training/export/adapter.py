"""An adapter as a GGUF that llama.cpp puts over the base without loading it again, and such a GGUF read back.

Invariant: the file holds every matrix of the adapter, in 16 or 8 bits, in the order of the base's rows; read
back it is that adapter, as near as its bits allow.
"""

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from training.export.naming import ExportError, Names, pairs, parted
from training.export.template import Template, fact_of, rows_of, tensors_of

AdapterType = Literal["f16", "Q8_0"]
Q8_BLOCK = 32
"""Weights that share a scale in Q8_0. Rows of B are as long as the rank, so the rank has to be a multiple."""


def write_adapter(
    weights: Mapping[str, Any],
    alpha: float,
    base: Template,
    path: Path,
    facts: Mapping[str, str],
    stored: AdapterType = "f16",
) -> None:
    """Write the LoRA ``weights`` (names as PEFT saves them) to ``path``; ``facts`` go into its metadata.

    Raises training.export.naming.ExportError.
    """
    import numpy as np

    names = Names(base.shape)
    tensors: dict[str, Any] = {}
    for name, (a, b) in sorted(pairs(weights).items()):
        target = names.of(name)
        base.check_shape(target, (b.shape[0], a.shape[1]))
        tensors[f"{target}.lora_a"] = a
        tensors[f"{target}.lora_b"] = names.permuted(target, np.asarray(b, dtype=np.float32))
    write_tensors(path, base.shape.architecture, alpha, tensors, facts, stored)


def write_tensors(
    path: Path,
    architecture: str,
    alpha: float,
    tensors: Mapping[str, Any],
    facts: Mapping[str, str],
    stored: AdapterType = "f16",
) -> None:
    """Write an adapter GGUF of ``tensors``, by their names in it and in the order of the base's rows.

    Q8_0 needs rows, and so a rank, of a multiple of ``Q8_BLOCK``.
    """
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for key, value in facts.items():
        writer.add_string(key, value)
    for name, rows in tensors.items():
        if stored == "Q8_0":
            form = gguf.GGMLQuantizationType.Q8_0
            packed = gguf.quants.quantize(np.ascontiguousarray(rows, dtype=np.float32), form)
            writer.add_tensor(name, packed, raw_dtype=form)
        else:
            writer.add_tensor(name, np.ascontiguousarray(rows, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if path.stat().st_size < sum(each.nbytes for each in writer.tensors[0].values()):
        # numpy drops an error of the last block that is written
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def read_adapter(path: Path, base: Template, wanted: Iterable[str], scale: float) -> dict[str, Any]:
    """The matrices of the adapter GGUF at ``path`` by the names that PEFT saves them under, as float32.

    ``wanted`` are those names; ``scale`` is PEFT's, alpha over rank, and the matrices are made to fit it.
    Raises training.export.naming.ExportError where one is missing or left over.
    """
    import numpy as np

    names, found = Names(base.shape), tensors_of(path)
    alpha = float(fact_of(path, "adapter.lora.alpha"))
    made: dict[str, Any] = {}
    for name in wanted:
        of, part = parted(name)
        target = names.of(of)
        tensor = found.pop(f"{target}.lora_{part.lower()}", None)
        if tensor is None:
            raise ExportError(f"{path} has no {target}.lora_{part.lower()}; was it made over this base?")
        rows = rows_of(tensor)
        if part == "B":
            rows = names.unpermuted(target, rows) * (alpha / rows.shape[1] / scale)
        made[name] = np.ascontiguousarray(rows, dtype=np.float32)
    if found:
        raise ExportError(f"{path} holds {next(iter(found))}, which this model has no place for")
    return made
