"""A base whose frozen weights are held in four bits on a GPU, for an adapter over it (QLoRA).

Not covered by a test: no machine with a GPU was at hand where this was written. What is tested is that it is
refused where it cannot be done.
"""

import os.path
from importlib.util import find_spec
from typing import Any

DEVICES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""One of them is there where a GPU that computes is: Linux, WSL, ROCm."""


def problem() -> str:
    """Why it cannot be done here, and what can; empty where it can."""
    if not (any(map(os.path.exists, DEVICES)) and _seen_by_torch()):
        return "qlora needs an NVIDIA GPU, and this machine has none: use the method lora"
    if find_spec("bitsandbytes") is None:
        from sandbox.packages import install_packages

        return f"qlora needs bitsandbytes: {install_packages('bitsandbytes')}; or use the method lora"
    return ""


def _seen_by_torch() -> bool:
    import torch  # takes seconds: only where there is a device to ask for

    return bool(torch.cuda.is_available())


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
