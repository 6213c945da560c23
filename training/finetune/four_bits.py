"""A base whose frozen weights are held in four bits on a GPU, for an adapter over it (QLoRA).

Not covered by a test: no machine with a GPU was at hand where this was written. What is tested is that it is
refused where it cannot be done.
"""

from importlib.util import find_spec
from typing import Any


def problem() -> str:
    """Why it cannot be done here; empty where it can."""
    import torch

    if not torch.cuda.is_available():
        return "qlora needs a GPU of NVIDIA, and there is none: use --method lora"
    if find_spec("bitsandbytes") is None:
        from sandbox.packages import install_packages

        return f"qlora needs bitsandbytes: {install_packages('bitsandbytes')}; or use --method lora"
    return ""


def in_four_bits(model: Any) -> Any:
    """The model on the GPU, its linear layers but for the head as NF4."""
    import bitsandbytes
    import torch

    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is torch.nn.Linear and name != "lm_head":
                setattr(parent, name, _quantised(child, bitsandbytes.nn))
    model.is_loaded_in_4bit = True  # by which PEFT knows which layer of its own it takes
    return model.to("cuda")


def _quantised(layer: Any, kinds: Any) -> Any:
    """Becomes four bits when it is moved to the GPU."""
    import torch

    made = kinds.Linear4bit(
        layer.in_features,
        layer.out_features,
        bias=layer.bias is not None,
        compute_dtype=torch.bfloat16,
        quant_type="nf4",
    )
    made.weight = kinds.Params4bit(layer.weight.data, requires_grad=False, quant_type="nf4")
    made.bias = layer.bias
    return made
