"""A LoRA adapter of the embedded model, made here: a few tensors of noise."""

from pathlib import Path

import numpy as np

LAYERS = (0, 7, 15)
RANK = 4
IN, OUT = 1536, 576
"""Widths of ``ffn_down`` of SmolLM2-135M."""


def write_adapter(path: Path, seed: int = 0, scale: float = 0.2) -> Path:
    """An adapter that changes what the model says; ``seed`` says how."""
    from gguf import GGUFWriter

    noise = np.random.default_rng(seed)
    writer = GGUFWriter(path, "llama")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(RANK))
    for layer in LAYERS:
        name = f"blk.{layer}.ffn_down.weight"
        writer.add_tensor(f"{name}.lora_a", _noise(noise, scale, RANK, IN))
        writer.add_tensor(f"{name}.lora_b", _noise(noise, scale, OUT, RANK))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _noise(
    noise: np.random.Generator, scale: float, *shape: int
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return (noise.standard_normal(shape) * scale).astype(np.float32)
