"""The processes that train one student together, on one machine or several.

Invariant: each computes its share of a step, the gradients are summed over all, and so all hold the same
weights: a step of many equals that of one, up to rounding. Alone, nothing is exchanged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch

Part = TypeVar("Part")


@dataclass(frozen=True)
class Ranks:
    """This one's ``number`` among ``count``; number 0 leads: it alone reports, and writes what is kept."""

    number: int = 0
    count: int = 1

    @classmethod
    def meet(cls) -> "Ranks":
        """Wait for the others, as the environment names them (``RANK``, ``WORLD_SIZE``, ``MASTER_ADDR``).

        On a GPU the process takes the one of its number on this machine.
        """
        import torch
        from accelerate import PartialState

        state = PartialState(cpu=not torch.cuda.is_available())
        return cls(state.process_index, state.num_processes)

    @property
    def leads(self) -> bool:
        return self.number == 0

    def share(self, parts: Sequence[Part]) -> list[tuple[Part, bool]]:
        """This one's, and whether it counts: all have as many, as all compute at the same time, so that some
        do one twice."""
        rounds = -(-len(parts) // self.count)
        places = [number * self.count + self.number for number in range(rounds)]
        return [(parts[min(at, len(parts) - 1)], at < len(parts)) for at in places]

    def sum_gradients(self, weights: "Iterable[torch.Tensor]") -> None:
        """Every weight gets the sum of what all of them found."""
        if self.count == 1:
            return
        import torch
        from torch import distributed

        learned = list(weights)
        flat = torch.cat([_gradient(each).reshape(-1) for each in learned])
        distributed.all_reduce(flat)
        for each, gradient in zip(learned, flat.split([each.numel() for each in learned]), strict=True):
            each.grad = gradient.view_as(each)

    def totals(self, device: Any, *values: float) -> list[float]:
        """The sum of each over all."""
        if self.count == 1:
            return list(values)
        import torch
        from torch import distributed

        given = torch.tensor(values, dtype=torch.float64, device=device)
        distributed.all_reduce(given)
        return [float(each) for each in given]

    def told(self, value: Part) -> Part:
        """What the leader has."""
        if self.count == 1:
            return value
        from torch import distributed

        given = [value]
        distributed.broadcast_object_list(given, src=0)
        return given[0]


def _gradient(weight: "torch.Tensor") -> "torch.Tensor":
    import torch

    return torch.zeros_like(weight) if weight.grad is None else weight.grad
