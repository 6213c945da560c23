"""How good the student in training is: by whole decisions, not by loss.

Invariant: a decision counts as right only if every id of it, the one that ends the turn included, is the
likeliest where all before it are as they should be, which is when greedy decoding would have said it.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from training.finetune.loss import loss, quickest
from training.finetune.rendered import Rendered
from training.finetune.tensors import tensors

if TYPE_CHECKING:
    from collections.abc import Callable

Batch = TypeVar("Batch")


@dataclass
class Figures:
    """``calls``, ``restrained`` and ``readings`` count decisions; the second are those in which no tool is
    right, the third those of how a result is answered."""

    loss: float = 0.0
    ids: int = 0
    calls: int = 0
    right_tools: int = 0
    right_calls: int = 0
    restrained: int = 0
    right_restrained: int = 0
    readings: int = 0
    right_readings: int = 0

    @property
    def score(self) -> float:
        """What early stopping looks at: the mean of calls, restraint and readings, where there are such."""
        parts = [
            (self.right_calls, self.calls),
            (self.right_restrained, self.restrained),
            (self.right_readings, self.readings),
        ]
        shares = [right / of for right, of in parts if of]
        return sum(shares) / len(shares) if shares else 0.0

    def shares(self) -> dict[str, float]:
        """For the journal; a share of nothing was not measured, and is not there."""
        counted = {
            "tool": (self.right_tools, self.calls),
            "call": (self.right_calls, self.calls),
            "restraint": (self.right_restrained, self.restrained),
            "reading": (self.right_readings, self.readings),
        }
        measured = {name: right / of for name, (right, of) in counted.items() if of}
        return measured | {"validation_loss": self.loss / max(self.ids, 1), "score": self.score}


def validate(
    model: Any,
    batches: "Iterable[Batch]",
    render: "Callable[[Batch], list[Rendered]]",
    precision: "Callable[[], AbstractContextManager[None]]",
) -> Figures:
    """The figures over all batches, computed as in training; the model is left in training mode."""
    import torch

    figures = Figures()
    device = next(model.parameters()).device
    compute = quickest(device)
    model.eval()
    with torch.no_grad():
        for batch in batches:
            made = render(batch)
            with precision():
                logits, labels = compute(model, tensors(made).to(device))
            figures.loss += float(loss(logits, labels, {}, 0, 1))
            figures.ids += len(labels)
            right = (logits.argmax(-1) == labels).tolist()
            at = 0
            for each in made:
                for start, stop in each.trained:
                    _count(figures, each, right[at : at + stop - start], last=stop == len(each.ids))
                    at += stop - start
    model.train()
    return figures


def _count(figures: Figures, of: Rendered, right: list[bool], *, last: bool) -> None:
    """A decision to call, or another one where that is the point of the example; other answers only cost."""
    if last and of.sort == "other":
        return
    if last and of.sort == "restraint":
        figures.restrained += 1
        figures.right_restrained += right[0]
    elif last and of.sort == "reading":
        figures.readings += 1
        figures.right_readings += all(right)
    else:
        figures.calls += 1
        figures.right_tools += right[0]
        figures.right_calls += all(right)
