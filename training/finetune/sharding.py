"""A frozen base that is spread over the processes that train together (FSDP): each holds a share of every
layer, and gathers a layer while it is computed.

Invariant: results and gradients are those of the whole base. What learns is not spread: it is small, and so
optimiser, checkpoints and what is handed over are as without.
"""

from typing import Any

from training.finetune.model import core, trained
from training.finetune.ranks import Ranks


def shard(model: Any, ranks: Ranks) -> int:
    """Spread the layers in place; the bytes of them that stay here.

    All processes have to call it, and then to compute together.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    transformer, head = core(model)
    mesh = init_device_mesh(next(model.parameters()).device.type, (ranks.count,))
    learned = {weight for _, weight in trained(model)}
    for layer in transformer.layers:
        fully_shard(layer, mesh=mesh, ignored_params=learned)
    # The head reads the embeddings outside of the transformer, so those stay whole.
    rest = {*transformer.embed_tokens.parameters(), *transformer.norm.parameters(), *head.parameters()}
    fully_shard(transformer, mesh=mesh, ignored_params=learned | rest)
    spread = [each.to_local() for each in transformer.layers.parameters() if each not in learned]
    return sum(each.numel() * each.element_size() for each in spread)
