"""A micro-batch as tensors.

Shapes: ``prefix`` [P]; ``ids`` and ``labels`` [B, S], padded on the right with 0 and with -100.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from training.finetune.rendering import Rendered

IGNORED = -100


@dataclass(frozen=True)
class Tensors:
    """``lengths`` [B] counts the ids that are no padding. ``labels[b, s]`` is the id to be said at ``s``."""

    prefix: "torch.Tensor"
    ids: "torch.Tensor"
    labels: "torch.Tensor"
    lengths: "torch.Tensor"
    shares: Mapping[int, Mapping[int, float]]

    @property
    def trained(self) -> int:
        """How many ids carry loss."""
        return int((self.labels != IGNORED).sum())


def tensors(batch: Sequence["Rendered"]) -> Tensors:
    """The renderings of examples with one prefix."""
    import torch

    width = max(len(each.ids) for each in batch)
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    labels = torch.full((len(batch), width), IGNORED, dtype=torch.long)
    for row, each in enumerate(batch):
        if each.prefix != batch[0].prefix:
            raise ValueError("the examples of a micro-batch have different prefixes")
        known = torch.tensor(each.ids)
        ids[row, : len(each.ids)] = known
        for start, stop in each.trained:
            labels[row, start:stop] = known[start:stop]
    lengths = torch.tensor([len(each.ids) for each in batch])
    return Tensors(torch.tensor(batch[0].prefix), ids, labels, lengths, _shares(batch))


def _shares(batch: Sequence["Rendered"]) -> dict[int, Mapping[int, float]]:
    found: dict[int, Mapping[int, float]] = {}
    before = 0
    for each in batch:
        sizes = [stop - start for start, stop in each.trained]
        if each.shares:
            found[before + sum(sizes[:-1])] = each.shares
        before += sum(sizes)
    return found
