"""How llama.cpp is told to load a model whose weights are computed with.

Invariant: weights are not rearranged for AMX. Its products die of a protection fault where a compiler drops
the tile configuration that llama.cpp writes just before them (GCC 12 and others; llama.cpp's issue 20824 and
pull request 26954), and the build decides that, not the model. Without rearranging, AVX-512 computes them.
"""

from typing import Any

import llama_cpp

AMX = b"AMX_INT8 = 1"


def model_parameters() -> Any:
    """llama.cpp's own, but for what would end the process here."""
    parameters = llama_cpp.llama_model_default_params()
    parameters.use_extra_bufts = may_rearrange(llama_cpp.llama_print_system_info())
    return parameters


def may_rearrange(system_info: bytes) -> bool:
    """Whether a build that says this of itself computes rightly with rearranged weights."""
    return AMX not in system_info
