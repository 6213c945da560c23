"""The loss of a micro-batch, with what all its examples begin with computed once.

Invariant: loss and gradients are those of the plain computation, in which every example is evaluated whole:
the shared prefix is evaluated with gradient, and its keys and values are expanded over the batch. That holds
for prefixes of different tools too, which share little, and for rows that share more than the prefix
(``stems``). The head sees only the positions that carry loss.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from training.finetune.model import core
from training.finetune.stems import Stems, stems_of
from training.finetune.tensors import IGNORED, Tensors

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def logits_and_labels(model: Any, batch: Tensors) -> "tuple[torch.Tensor, torch.Tensor]":
    """For every id that carries loss: the logits [N, V] before it, in float32, and the id [N]."""
    if stems := stems_of(batch):
        return _by_stems(*core(model), batch.prefix, stems)
    return by_prefix(model, batch)


def by_prefix(model: Any, batch: Tensors) -> "tuple[torch.Tensor, torch.Tensor]":
    """The same, in as many passes whatever the rows have in common."""
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


def _by_stems(
    transformer: Any, head: Any, prefix: "torch.Tensor", stems: Stems
) -> "tuple[torch.Tensor, torch.Tensor]":
    """The same, what rows have in common behind the prefix computed once too."""
    import torch

    cache = transformer(input_ids=prefix[None], use_cache=True).past_key_values
    cache.batch_repeat_interleave(len(stems.ids))
    shared, width, rest = len(prefix), stems.ids.shape[1], stems.branches.shape[1]
    columns = torch.arange(shared + width + rest, device=prefix.device)
    in_stem = columns[None, : shared + width] < shared + stems.lengths[:, None]
    cache = transformer(
        input_ids=stems.ids,
        attention_mask=in_stem.long(),
        position_ids=columns[None, shared : shared + width].expand(len(stems.ids), -1),
        past_key_values=cache,
        use_cache=True,
    ).past_key_values
    cache.batch_select_indices(stems.of)
    in_branch = columns[None, :rest] < stems.branch_lengths[:, None]
    states = transformer(
        input_ids=stems.branches,
        attention_mask=torch.cat([in_stem[stems.of], in_branch], dim=1).long(),
        position_ids=shared + stems.lengths[stems.of, None] + columns[None, :rest],
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state
    labels = stems.labels[:, 1:]
    chosen = labels != IGNORED
    return head(states[:, :-1][chosen]).float(), labels[chosen]


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


def quickest(
    device: Any, *, sharded: bool = False
) -> "Callable[[Any, Tensors], tuple[torch.Tensor, torch.Tensor]]":
    """The way that is quickest on a device: a GPU loses more by a second pass and a mask than it gains.

    Processes that share the weights wait for each other in every pass, so that all need as many.
    """
    if device.type == "cuda":
        return plain_logits_and_labels
    return by_prefix if sharded else logits_and_labels


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
