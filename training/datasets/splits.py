"""Examples in train, validation and test, so that nothing is both learned and asked.

Invariant: a session is in one split only, by its name and the seed alone, so that it stays there when others
come. A request of test is not nearly equal to one of train, nor one of validation to one of either; what
would be is left out and named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from training.datasets.example import Example
from training.datasets.manifest import TEST, TRAIN, VALIDATION
from training.generation.near import NearTexts, normalised

NEAR = 0.9
"""Jaccard similarity of requests from which on one gives the other away."""


@dataclass(frozen=True)
class Splits:
    """``leaked`` are the examples left out, each with the request that gives it away."""

    files: Mapping[str, Sequence[Example]]
    leaked: Sequence[tuple[Example, str]] = ()


def split(given: Sequence[Example], validation: float, test: float, seed: int) -> Splits:
    """In the order given. ``validation`` and ``test`` are shares of the sessions, about. An example without a
    session is one of its own.
    """
    files: dict[str, list[Example]] = {TRAIN: [], VALIDATION: [], TEST: []}
    for one in given:
        files[_split_of(one.session or one.id, validation, test, seed)].append(one)
    if not files[TRAIN]:
        files = {TRAIN: list(given), VALIDATION: [], TEST: []}
    known, leaked = NearTexts(NEAR), []
    try:
        for name in (TRAIN, TEST, VALIDATION):
            found = [known.find(text) if name != TRAIN else None for text in map(_request, files[name])]
            leaked += [(one, near[0]) for one, near in zip(files[name], found, strict=True) if near]
            files[name] = [one for one, near in zip(files[name], found, strict=True) if not near]
            for one in files[name]:
                known.add(_request(one))
    finally:
        known.close()
    return Splits(files, leaked)


def _split_of(session: str, validation: float, test: float, seed: int) -> str:
    drawn = int.from_bytes(blake2b(f"{seed} {session}".encode(), digest_size=8).digest()) / 2**64
    if drawn < test:
        return TEST
    return VALIDATION if drawn < test + validation else TRAIN


def _request(example: Example) -> str:
    """What the person said, all of it."""
    return normalised("\n".join(turn.text for turn in example.messages if turn.role == "user"))
