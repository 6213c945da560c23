"""How good the student in training is: by whole decisions, not by loss.

Invariant: a decision counts as right only if every id of it, the one that ends the turn included, is the
likeliest where all before it are as they should be, which is when greedy decoding would have said it.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.datasets.example import Example
from training.finetune.batches import MicroBatch
from training.finetune.loss import logits_and_labels, loss
from training.finetune.rendering import Rendered
from training.finetune.tensors import tensors

if TYPE_CHECKING:
    from collections.abc import Callable

_RESTRAINED = ("no_tool", "ask", "chat")


@dataclass
class Figures:
    """``calls`` and ``restrained`` count decisions; the latter are those in which no tool is right."""

    loss: float = 0.0
    ids: int = 0
    calls: int = 0
    right_tools: int = 0
    right_calls: int = 0
    restrained: int = 0
    right_restrained: int = 0

    @property
    def score(self) -> float:
        """What early stopping looks at: the mean of whole calls and restraint, as far as there are both."""
        parts = [(self.right_calls, self.calls), (self.right_restrained, self.restrained)]
        shares = [right / of for right, of in parts if of]
        return sum(shares) / len(shares) if shares else 0.0

    def shares(self) -> dict[str, float]:
        """For the journal."""
        return {
            "validation_loss": self.loss / max(self.ids, 1),
            "tool": self.right_tools / max(self.calls, 1),
            "call": self.right_calls / max(self.calls, 1),
            "restraint": self.right_restrained / max(self.restrained, 1),
            "score": self.score,
        }


def validate(
    model: Any,
    batches: Iterable[MicroBatch],
    render: "Callable[[MicroBatch], list[Rendered]]",
    precision: "Callable[[], AbstractContextManager[None]]",
) -> Figures:
    """The figures over all batches, computed as in training; the model is left in training mode."""
    import torch

    figures = Figures()
    model.eval()
    with torch.no_grad():
        for batch in batches:
            made = render(batch)
            given = tensors(made).to(next(model.parameters()).device)
            with precision():
                logits, labels = logits_and_labels(model, given)
            figures.loss += float(loss(logits, labels, {}, 0, 1))
            figures.ids += len(labels)
            right = (logits.argmax(-1) == labels).tolist()
            at = 0
            for example, each in zip(batch.examples, made, strict=True):
                for start, stop in each.trained:
                    _count(figures, example, right[at : at + stop - start], last=stop == len(each.ids))
                    at += stop - start
    model.train()
    return figures


def _count(figures: Figures, example: Example, right: list[bool], *, last: bool) -> None:
    """A decision to call, or to answer where that is the point of the example; other answers only cost."""
    turn = example.messages[-1]
    if last and not turn.calls:
        if example.kind in _RESTRAINED:
            figures.restrained += 1
            figures.right_restrained += right[0]
        return
    figures.calls += 1
    figures.right_tools += right[0]
    figures.right_calls += all(right)
