"""A micro-batch as tensors.

Shapes: ``prefix`` [P], which all its examples begin with; ``ids``, ``labels`` and ``weights`` [B, S], what
follows it in each, padded on the right with 0, with -100 and with 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from training.finetune.rendered import Rendered

IGNORED = -100


@dataclass(frozen=True)
class Tensors:
    """``lengths`` [B] counts the ids that are no padding. ``labels[b, s]`` is the id to be said at ``s``, and
    ``weights[b, s]`` what it counts in the loss."""

    prefix: "torch.Tensor"
    ids: "torch.Tensor"
    labels: "torch.Tensor"
    weights: "torch.Tensor"
    lengths: "torch.Tensor"
    shares: Mapping[int, Mapping[int, float]]

    @property
    def weight(self) -> float:
        """Of all ids that carry loss together."""
        return float(self.weights.sum())

    @property
    def evaluated(self) -> int:
        """The ids that are no padding, what the examples share counted once."""
        return len(self.prefix) + int(self.lengths.sum())

    @property
    def said(self) -> "torch.Tensor":
        """The weights of the ids that carry loss, in their order."""
        return self.weights[self.labels != IGNORED]

    def to(self, device: Any) -> "Tensors":
        return replace(
            self,
            prefix=self.prefix.to(device),
            ids=self.ids.to(device),
            labels=self.labels.to(device),
            weights=self.weights.to(device),
            lengths=self.lengths.to(device),
        )


def tensors(batch: Sequence["Rendered"], choice: float = 1.0, text: float = 1.0) -> Tensors:
    """The renderings of examples. They share the whole prefix where their tools are the same, else the few
    ids that all conversations begin with. ``choice`` is the weight of the first id of a decision, ``text``
    that of an id of free text; all others weigh 1.
    """
    import torch

    shared = _shared([each.prefix for each in batch])
    rows = [(*each.prefix[shared:], *each.ids) for each in batch]
    width = max(map(len, rows))
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    labels = torch.full((len(batch), width), IGNORED, dtype=torch.long)
    weights = torch.zeros((len(batch), width))
    for number, (each, row) in enumerate(zip(batch, rows, strict=True)):
        own = len(each.prefix) - shared
        known = torch.tensor(row)
        ids[number, : len(row)] = known
        for start, stop in each.trained:
            labels[number, own + start : own + stop] = known[own + start : own + stop]
            weights[number, own + start : own + stop] = 1.0
            weights[number, own + start] = choice
        for start, stop in each.texts:
            weights[number, own + start : own + stop] = text
    lengths = torch.tensor([len(row) for row in rows])
    prefix = torch.tensor(batch[0].prefix[:shared])
    return Tensors(prefix, ids, labels, weights, lengths, _shares(batch))


def _shared(prefixes: Sequence[tuple[int, ...]]) -> int:
    """How many ids all have in common at their beginning; raises ValueError where there are none."""
    first, last = min(prefixes), max(prefixes)
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    if not same:
        raise ValueError("the examples of a micro-batch begin with different ids")
    return same


def _shares(batch: Sequence["Rendered"]) -> dict[int, Mapping[int, float]]:
    found: dict[int, Mapping[int, float]] = {}
    before = 0
    for each in batch:
        sizes = [stop - start for start, stop in each.trained]
        if each.shares:
            found[before + sum(sizes[:-1])] = each.shares
        before += sum(sizes)
    return found
