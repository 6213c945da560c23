"""The loss of a micro-batch, with what all its examples begin with computed once.

Invariant: loss and gradients are those of the plain computation, in which every example is evaluated whole:
the shared prefix is evaluated with gradient, and its keys and values are expanded over the batch. That holds
for prefixes of different tools too, which share little. The head sees only the positions that carry loss.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from training.finetune.model import core
from training.finetune.tensors import IGNORED, Tensors

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def logits_and_labels(model: Any, batch: Tensors) -> "tuple[torch.Tensor, torch.Tensor]":
    """For every id that carries loss: the logits [N, V] before it, in float32, and the id [N]."""
    import torch

    transformer, head = core(model)
    size, width = batch.ids.shape
    prefix = transformer(input_ids=batch.prefix[None], use_cache=True)
    cache = prefix.past_key_values
    cache.batch_repeat_interleave(size)
    shared = len(batch.prefix)
    columns = torch.arange(shared + width, device=batch.ids.device)
    mask = (columns[None] < shared + batch.lengths[:, None]).long()
    states = transformer(
        input_ids=batch.ids,
        attention_mask=mask,
        position_ids=columns[None, shared:].expand(size, -1),
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state
    # The state before an id says it; before the first one stands the prefix's last.
    before = torch.cat([prefix.last_hidden_state[:, -1:].expand(size, -1, -1), states[:, :-1]], dim=1)
    chosen = batch.labels != IGNORED
    return head(before[chosen]).float(), batch.labels[chosen]


def plain_logits_and_labels(model: Any, batch: Tensors) -> "tuple[torch.Tensor, torch.Tensor]":
    """The same without sharing: what the shared computation must equal.

    Without a mask: padding stands behind everything, where nothing that counts looks.
    """
    import torch

    transformer, head = core(model)
    size = len(batch.ids)
    shared = len(batch.prefix)
    ids = torch.cat([batch.prefix[None].expand(size, -1), batch.ids], dim=1)
    states = transformer(input_ids=ids, use_cache=False).last_hidden_state
    chosen = batch.labels != IGNORED
    return head(states[:, shared - 1 : -1][chosen]).float(), batch.labels[chosen]


def quickest(device: Any) -> "Callable[[Any, Tensors], tuple[torch.Tensor, torch.Tensor]]":
    """The way that is quickest on a device: a GPU loses more by a second pass and a mask than it gains."""
    return plain_logits_and_labels if device.type == "cuda" else logits_and_labels


def loss(
    logits: "torch.Tensor",
    labels: "torch.Tensor",
    shares: Mapping[int, Mapping[int, float]],
    soft: float,
    temperature: float,
    weights: "torch.Tensor | None" = None,
) -> "torch.Tensor":
    """The sum over all ids, times ``weights`` [N], in nats: cross-entropy, and where a teacher's ``shares``
    are known, weighted with ``soft``, the forward divergence from them at ``temperature``, times its square.
    """
    import torch
    from torch.nn import functional

    hard = functional.cross_entropy(logits, labels, reduction="none")
    if weights is not None:
        hard = hard * weights
    if not shares:
        return hard.sum()
    total = hard.sum()
    for place, wanted in shares.items():
        shared = torch.tensor(list(wanted.values()), device=logits.device)
        teacher = shared.clamp_min(1e-9) ** (1 / temperature)
        teacher = teacher / teacher.sum()
        student = functional.log_softmax(logits[place] / temperature, dim=-1)[list(wanted)]
        divergence = (teacher * (teacher.log() - student)).sum()
        weight = 1.0 if weights is None else weights[place]
        total = total + soft * (weight * temperature**2 * divergence - hard[place])
    return total
