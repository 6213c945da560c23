"""Which examples are learned from together, and in which order.

Invariant: the order follows from the seed and the epoch alone, so that a run that is resumed meets the same
batches. The examples of a micro-batch have the same tools, whose prefix is then computed once, and similar
lengths.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.protocol.messages import Signature
from training.datasets.example import Example


@dataclass(frozen=True)
class MicroBatch:
    """Examples over the same tools, which are offered in this order."""

    examples: tuple[Example, ...]
    tools: tuple[Signature, ...]


def steps(
    examples: Sequence[Example], *, batch: int, micro_batch: int, seed: int, epoch: int, shuffle_tools: bool
) -> Iterator[list[MicroBatch]]:
    """The steps of one epoch: micro-batches until ``batch`` examples are together."""
    dice = random.Random(f"{seed}/{epoch}")
    ready: list[MicroBatch] = []
    for made in _micro_batches(examples, micro_batch, dice, shuffle_tools):
        ready.append(made)
        if sum(len(each.examples) for each in ready) >= batch:
            yield ready
            ready = []
    if ready:
        yield ready


def _micro_batches(
    examples: Sequence[Example], size: int, dice: random.Random, shuffle_tools: bool
) -> list[MicroBatch]:
    alike: dict[tuple[str, ...], list[Example]] = defaultdict(list)
    for example in examples:
        alike[_key(example)].append(example)
    made: list[MicroBatch] = []
    for group in alike.values():
        dice.shuffle(group)
        window = 8 * size
        for start in range(0, len(group), window):
            some = sorted(group[start : start + window], key=_length)
            made += [_micro_batch(some[at : at + size], dice) for at in range(0, len(some), size)]
    dice.shuffle(made)
    return made if shuffle_tools else [_unshuffled(each) for each in made]


def _micro_batch(examples: Sequence[Example], dice: random.Random) -> MicroBatch:
    tools = list(examples[0].tools)
    dice.shuffle(tools)
    return MicroBatch(tuple(examples), tuple(tools))


def _unshuffled(made: MicroBatch) -> MicroBatch:
    return MicroBatch(made.examples, made.examples[0].tools)


def _key(example: Example) -> tuple[str, ...]:
    """The same for examples over the same tools, whatever their order."""
    return (example.project, *sorted(repr(tool) for tool in example.tools))


def _length(example: Example) -> int:
    """About how long it is, in characters."""
    return sum(len(message.text) + len(repr(message.calls)) for message in example.messages)
