"""Which examples are learned from together, and in which order.

Invariant: the order follows from the seed and the epoch alone, so that a run that is resumed meets the same
batches. The examples of a micro-batch have similar lengths, and the same tools where enough have them: their
prefix is then computed once. The rest, each with tools of its own, is evaluated together all the same.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from tools.protocol.messages import Signature
from training.datasets.example import Example
from training.finetune.reading import WRITTEN_SUFFIX
from training.finetune.settings import FinetuneSettings

_WINDOW = 8
_SHARED_FROM = 3
"""Fewer examples with the same tools are quicker among others than in a micro-batch of their own."""


@dataclass(frozen=True)
class Sized:
    """An example, and how many ids it takes: its prefix, and what follows that."""

    example: Example
    prefix: int
    ids: int

    @property
    def whole(self) -> int:
        return self.prefix + self.ids


@dataclass(frozen=True)
class MicroBatch:
    """Examples, each with its tools in the order in which it is offered them."""

    examples: tuple[Example, ...]
    tools: tuple[tuple[Signature, ...], ...]


@dataclass(frozen=True)
class Room:
    """What fits: ``batch`` examples in a step; in a micro-batch ``micro_batch`` examples and, unless there is
    only one, ``micro_tokens`` ids with their padding."""

    batch: int
    micro_batch: int
    micro_tokens: int

    @classmethod
    def of(cls, settings: FinetuneSettings) -> "Room":
        each = -(-settings.batch // settings.ranks)
        return cls(settings.batch, min(settings.micro_batch, each), settings.micro_tokens)


def steps(
    examples: Sequence[Sized], room: Room, *, seed: int, epoch: int, shuffle_tools: bool
) -> Iterator[list[MicroBatch]]:
    """The steps of one epoch: micro-batches, as long as they have no more than ``room.batch`` examples."""
    dice = random.Random(f"{seed}/{epoch}")
    ready: list[MicroBatch] = []
    count = 0
    for made in _micro_batches(examples, room, dice, shuffle_tools):
        if ready and count + len(made.examples) > room.batch:
            yield ready
            ready, count = [], 0
        ready.append(made)
        count += len(made.examples)
    if ready:
        yield ready


def _micro_batches(
    examples: Sequence[Sized], room: Room, dice: random.Random, shuffle_tools: bool
) -> list[MicroBatch]:
    alike: dict[tuple[str, ...], list[Sized]] = defaultdict(list)
    for each in examples:
        alike[_key(each.example)].append(each)
    made: list[MicroBatch] = []
    others: list[Sized] = []
    for group in alike.values():
        if len(group) < min(_SHARED_FROM, room.micro_batch):
            others += group
        else:
            made += [_shared(some, dice, shuffle_tools) for some in _cut(group, room, dice, shared=True)]
    made += [_mixed(some, dice, shuffle_tools) for some in _cut(others, room, dice, shared=False)]
    dice.shuffle(made)
    return made


def _cut(group: list[Sized], room: Room, dice: random.Random, *, shared: bool) -> Iterator[list[Sized]]:
    """The group in a new order, in pieces of similar lengths that fit; what is said of one reading stays
    together, so that the reading is evaluated once (``stems``)."""
    readings: dict[str, list[Sized]] = defaultdict(list)
    for each in group:
        readings[each.example.id.removesuffix(WRITTEN_SUFFIX)].append(each)
    mixed = list(readings.values())
    dice.shuffle(mixed)
    window = _WINDOW * room.micro_batch
    for start in range(0, len(mixed), window):
        piece: list[Sized] = []
        width = 0
        chosen = sorted(mixed[start : start + window], key=lambda some: some[0].whole)
        for each in chain.from_iterable(chosen):
            width = max(width, each.ids if shared else each.whole)
            if len(piece) == room.micro_batch or (piece and (len(piece) + 1) * width > room.micro_tokens):
                yield piece
                piece, width = [], each.ids if shared else each.whole
            piece.append(each)
        if piece:
            yield piece


def _shared(some: Sequence[Sized], dice: random.Random, shuffle_tools: bool) -> MicroBatch:
    tools = _offered(some[0].example, dice, shuffle_tools)
    return MicroBatch(tuple(each.example for each in some), (tools,) * len(some))


def _mixed(some: Sequence[Sized], dice: random.Random, shuffle_tools: bool) -> MicroBatch:
    tools = tuple(_offered(each.example, dice, shuffle_tools) for each in some)
    return MicroBatch(tuple(each.example for each in some), tools)


def _offered(example: Example, dice: random.Random, shuffle_tools: bool) -> tuple[Signature, ...]:
    tools = list(example.tools)
    if shuffle_tools:
        dice.shuffle(tools)
    return tuple(tools)


def _key(example: Example) -> tuple[str, ...]:
    """The same for examples over the same tools, whatever their order."""
    return (example.kind * (example.kind == "reading"), example.project, *sorted(map(repr, example.tools)))
