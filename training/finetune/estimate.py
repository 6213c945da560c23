"""What a run will take, said before it starts: time, memory, steps.

Invariant: nothing is trained for it; what is measured, what is counted and what is a rule of thumb is said.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.datasets.example import Example
from training.finetune.batches import MicroBatch, Room, Sized, steps
from training.finetune.costs import memory_bytes, seconds
from training.finetune.order import Order
from training.finetune.preparation import examples, readable
from training.finetune.probe import Machine
from training.finetune.rendering import Tokens, rendered
from training.models.memory import available_bytes

_SAMPLE = 200
_START_S = 20.0
"""Libraries, the examples, the base."""
BASIS = (
    "the examples as they are, tokens from a sample of {sample}; the speed of this machine's products, "
    "measured; the share of it that training reaches, a rule of thumb ({known})"
)
_KNOWN = {"cpu": "measured with the embedded student on two cores", "cuda": "a guess: no GPU was measured"}


@dataclass(frozen=True)
class Estimate:
    """``tokens`` are those that are computed in all, padding included. ``available_bytes`` is of the memory
    that the run needs, the GPU's where there is one; None where nothing tells."""

    base: str
    method: str
    device: str
    examples: int
    validation: int
    left_out: int
    steps: int
    tokens: int
    seconds: float
    memory_bytes: int
    available_bytes: int | None
    basis: str

    @property
    def fits(self) -> bool:
        return self.available_bytes is None or self.memory_bytes <= self.available_bytes


def estimate(asked: Order, parameters: int, tokens: Tokens, machine: Machine) -> Estimate:
    """For a base of that many parameters. Raises training.jobs.base.JobError."""
    training, validation = (
        readable(each, asked.parsed_prompt()) for each in examples(asked.files, asked.settings)
    )
    sample = random.Random(0).sample(training, min(_SAMPLE, len(training)))
    ratios = _ratios(sample, tokens, asked)
    sized = [_sized(each, ratios) for each in training]
    kept = [each for each in sized if each.whole <= asked.settings.max_tokens]
    settings = asked.settings
    room = Room.of(settings)
    made = list(steps(kept, room, seed=settings.seed, epoch=0, shuffle_tools=False))
    known = {each.example.id: each for each in kept}
    computed = sum(_computed(batch, known) for step in made for batch in step)
    in_all = settings.steps(len(made))
    looks = in_all // settings.validate_every + 1
    looked_at = looks * computed / max(1, len(kept)) * len(validation)
    spent = seconds(
        computed * settings.epochs, looked_at, parameters, settings.method, machine.gflops, machine.device
    )
    return Estimate(
        base=asked.base,
        method=settings.method,
        device=machine.device,
        examples=len(kept),
        validation=len(validation),
        left_out=len(training) - len(kept),
        steps=in_all,
        tokens=round(computed * settings.epochs),
        # The processes of a machine without GPUs share its cores.
        seconds=_START_S + spent / (settings.ranks if machine.device == "cuda" else settings.machines),
        memory_bytes=memory_bytes(parameters, settings),
        available_bytes=machine.gpu_bytes[0] if machine.gpu_bytes else available_bytes(),
        basis=BASIS.format(sample=len(sample), known=_KNOWN[machine.device]),
    )


def _ratios(sample: Sequence[Example], tokens: Tokens, asked: Order) -> tuple[float, float]:
    """Ids per character of the tools, and of the messages."""
    prompt = asked.parsed_prompt()
    made = [rendered(tokens, prompt, each) for each in sample]
    prefix = sum(len(each.prefix) for each in made) / max(1, sum(map(_tools_length, sample)))
    ids = sum(len(each.ids) for each in made) / max(1, sum(map(_messages_length, sample)))
    return prefix, ids


def _sized(example: Example, ratios: tuple[float, float]) -> Sized:
    prefix, ids = ratios
    return Sized(example, round(prefix * _tools_length(example)), round(ids * _messages_length(example)))


def _tools_length(example: Example) -> int:
    return 1 + sum(len(tool.name) + len(tool.description) + 20 for tool in example.tools)


def _messages_length(example: Example) -> int:
    return sum(len(message.text) + len(repr(message.calls)) for message in example.messages)


def _computed(batch: MicroBatch, known: dict[str, Sized]) -> int:
    rows = [known[each.id] for each in batch.examples]
    if len(set(map(repr, batch.tools))) == 1:
        return rows[0].prefix + len(rows) * max(each.ids for each in rows)
    return len(rows) * max(each.whole for each in rows)
