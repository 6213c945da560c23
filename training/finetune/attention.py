"""Attention on a CPU as two products, for examples that are not long.

Invariant: what it gives are the results and gradients of torch's own attention, up to the rounding of the
precision. With a mask torch's is slower on a CPU than the rest of the layer; but it holds no matrix of all
pairs, so it is taken where that matrix would be large.
"""

from typing import Any

NAME = "apprentice"
LONGEST = 1024
"""Keys up to which the matrix of all pairs is formed."""


def register() -> str:
    """Make it known to transformers, and return its name there."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME


def attention(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float, **options: Any
) -> tuple[Any, None]:
    """``query`` [B, H, S, D] over ``key`` and ``value`` [B, G, K, D], H a multiple of G; the result is
    [B, S, H, D]. ``attention_mask`` [B, 1, S, K] is true where a key is seen; None where all before are.
    """
    import torch
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    batch, heads, width, size = query.shape
    groups, keys = key.shape[1:3]
    if keys > LONGEST:
        given: tuple[Any, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **options
        )
        return given
    seen = _causal(width, keys, query.device) if attention_mask is None else attention_mask
    together = (query * scaling).reshape(batch, groups, heads // groups * width, size)
    scores = (together @ key.transpose(-1, -2)).view(batch, heads, width, keys)
    shares = torch.softmax(scores.masked_fill(~seen, torch.finfo(scores.dtype).min), dim=-1)
    made = shares.view(batch, groups, -1, keys) @ value
    return made.view(batch, heads, width, size).transpose(1, 2).contiguous(), None


def _causal(width: int, keys: int, device: Any) -> Any:
    """[1, 1, S, K]: what is written last sees everything."""
    import torch

    return torch.ones((1, 1, width, keys), dtype=torch.bool, device=device).tril(keys - width)
