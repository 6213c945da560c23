"""An adapter as a GGUF that llama.cpp puts over the base without loading it again.

Invariant: the file holds every matrix of the adapter, in float16, in the order of the base's rows.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.export.naming import Names, pairs
from training.export.template import Template


def write_adapter(
    weights: Mapping[str, Any], alpha: float, base: Template, path: Path, facts: Mapping[str, str]
) -> None:
    """Write the LoRA ``weights`` (names as PEFT saves them) to ``path``; ``facts`` go into its metadata.

    Raises training.export.naming.ExportError.
    """
    import gguf
    import numpy as np

    names = Names(base.shape)
    writer = gguf.GGUFWriter(path, base.shape.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for key, value in facts.items():
        writer.add_string(key, value)
    for name, (a, b) in sorted(pairs(weights).items()):
        target = names.of(name)
        base.check_shape(target, (b.shape[0], a.shape[1]))
        writer.add_tensor(f"{target}.lora_a", np.asarray(a, dtype=np.float16))
        rows = names.permuted(target, np.asarray(b, dtype=np.float32))
        writer.add_tensor(f"{target}.lora_b", np.ascontiguousarray(rows, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
