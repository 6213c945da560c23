"""Rows of a micro-batch that ask the same thing and differ in what is to be said: a line's number, and the
answer in words. What such rows have in common, their stem, is evaluated once.

Shapes: ``ids`` [G, W], the stems, padded on the right with 0; ``lengths`` [G]; ``of`` [B], the stem of each
row; ``branches`` and ``labels`` [B, S], what follows a row's stem, padded with 0 and with -100, and what is
to be said there; ``branch_lengths`` [B].
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.finetune.tensors import IGNORED, Tensors

if TYPE_CHECKING:
    import torch

_WORTH = 0.75
"""Stems per row above which a third pass costs more than it saves."""


@dataclass(frozen=True)
class Stems:
    ids: "torch.Tensor"
    lengths: "torch.Tensor"
    of: "torch.Tensor"
    branches: "torch.Tensor"
    branch_lengths: "torch.Tensor"
    labels: "torch.Tensor"


def stems_of(batch: Tensors) -> Stems | None:
    """Split the rows where the first ids are to be said; None where too few of them share a stem.

    The last id before those belongs to the branch: its state says the first of them.
    """
    import torch
    from torch.nn.utils.rnn import pad_sequence

    starts = [max(int(row.nonzero()[0, 0]) - 1, 0) for row in batch.labels != IGNORED]
    found: dict[tuple[int, ...], int] = {}
    of = [
        found.setdefault(tuple(row[:at].tolist()), len(found))
        for row, at in zip(batch.ids, starts, strict=True)
    ]
    if len(found) > _WORTH * len(of) or min(map(len, found)) == 0:
        return None
    rows = list(zip(batch.ids, batch.labels, starts, batch.lengths.tolist(), strict=True))
    return Stems(
        pad_sequence([torch.tensor(stem) for stem in found], batch_first=True),
        torch.tensor([len(stem) for stem in found]),
        torch.tensor(of),
        pad_sequence([ids[at:end] for ids, _, at, end in rows], batch_first=True),
        torch.tensor([end - at for _, _, at, end in rows]),
        pad_sequence(
            [labels[at:end] for _, labels, at, end in rows], batch_first=True, padding_value=IGNORED
        ),
    )
