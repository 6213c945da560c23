"""What a student finds likeliest, wherever the held-out examples have it say something.

The same examples are given to transformers and to llama.cpp, token by token as they should be said, so that
two traces can be laid over each other. Places: every id that carries loss, in the order of the examples.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.protocol.messages import Prompt
from training.datasets.example import Example
from training.export.naming import ExportError
from training.finetune.rendering import Rendered, Tokens, rendered

if TYPE_CHECKING:
    from training.student.grammar_sampler import Logits

OPENINGS = 16
"""So many examples have the logits of their first place kept, 200 KB each."""
SEED = 1
_GROUP = 8

Said = Callable[[int, int], None]
Ids = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Spoken:
    """An example with its ids, and which of them the student is to say."""

    example: Example
    ids: Rendered

    @property
    def whole(self) -> list[int]:
        return [*self.ids.prefix, *self.ids.ids]

    def places(self) -> Iterator[int]:
        """Indices into ``whole`` of the ids that are to be said."""
        before = len(self.ids.prefix)
        for start, stop in self.ids.trained:
            yield from range(before + start, before + stop)


@dataclass(frozen=True)
class Trace:
    """``choices`` has the likeliest id at each place; ``openings`` [E, V] the logits at the first place of
    each of the first examples."""

    choices: Ids
    openings: Floats


def decisions(chosen: Sequence[Spoken]) -> int:
    """How many times a student is to say something in these examples."""
    return sum(len(one.ids.trained) for one in chosen)


def spoken(
    tokens: Tokens, prompt: Prompt, examples: Sequence[Example], most_ids: int, longest: int, least: int = 1
) -> list[Spoken]:
    """Examples drawn from all of them, as many as take no more than ``most_ids``, but enough for ``least``
    decisions as far as there are so many.

    None has more than ``longest`` ids. Those with the same prefix follow one another, the shortest first, and
    it counts once.
    Raises ExportError where none is short enough.
    """
    chosen: list[Spoken] = []
    prefixes: set[tuple[int, ...]] = set()
    left = most_ids
    for example in random.Random(SEED).sample(examples, len(examples)):
        made = Spoken(example, rendered(tokens, prompt, example))
        if len(made.whole) > longest:
            continue
        left -= len(made.ids.ids) + (0 if made.ids.prefix in prefixes else len(made.ids.prefix))
        if left < 0 and decisions(chosen) >= least:
            break
        prefixes.add(made.ids.prefix)
        chosen.append(made)
    if not chosen:
        raise ExportError(f"every example is longer than {longest:,} tokens")
    return sorted(chosen, key=lambda each: (each.ids.prefix, len(each.ids.ids)))


def wanted(all_spoken: Sequence[Spoken]) -> Ids:
    """What should be said at each place."""
    return np.array([each.whole[place] for each in all_spoken for place in each.places()])


def trace_gguf(
    path: Path, all_spoken: Sequence[Spoken], said: Said, adapter: Path | None = None, *, threads: int
) -> Trace:
    """By llama.cpp, as the student is run. Raises training.student.engine.EngineError."""
    from training.student.engine import Engine, hush

    hush()
    longest = max(len(each.whole) for each in all_spoken)
    engine = Engine(path, context_tokens=longest + 8, threads=threads)
    parts = []
    try:
        engine.use_adapter(adapter)
        for each in all_spoken:
            parts.append(_scored(engine, each))
            said(len(parts), len(all_spoken))
    finally:
        engine.close()
    return _joined(parts)


def trace_torch(model: Any, all_spoken: Sequence[Spoken], said: Said) -> Trace:
    """By transformers."""
    import torch

    from training.finetune.loss import logits_and_labels
    from training.finetune.tensors import tensors

    model.eval()
    parts: list[tuple[Ids, Floats]] = []
    with torch.no_grad():
        for group in _groups(all_spoken):
            logits, _ = logits_and_labels(model, tensors([each.ids for each in group]))
            rows = logits.numpy()
            at = 0
            for each in group:
                count = sum(1 for _ in each.places())
                parts.append((rows[at : at + count].argmax(-1), rows[at].copy()))
                at += count
            said(len(parts), len(all_spoken))
    return _joined(parts)


def _scored(engine: Any, each: Spoken) -> tuple[Ids, Floats]:
    """The likeliest ids at the places of one example, and the logits at the first."""
    whole, places = each.whole, set(each.places())
    first = min(places)
    choices, opening = [], np.empty(0, np.float32)
    rows: Iterator[Logits] = engine.scores(whole[:-1], first - 1)
    for place, row in enumerate(rows, first):
        if place == first:
            opening = row.copy()
        if place in places:
            choices.append(int(row.argmax()))
    return np.array(choices), opening


def _groups(all_spoken: Sequence[Spoken]) -> Iterator[list[Spoken]]:
    """Neighbours with the same prefix, a few at a time."""
    group: list[Spoken] = []
    for each in all_spoken:
        if group and (len(group) == _GROUP or group[0].ids.prefix != each.ids.prefix):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _joined(parts: Sequence[tuple[Ids, Floats]]) -> Trace:
    return Trace(
        np.concatenate([choices for choices, _ in parts]),
        np.stack([opening for _, opening in parts[:OPENINGS]]),
    )
