"""Which models suit this machine, by the memory that is free and by its cores.

Invariant: nothing is loaded and nothing is asked of the network: what a model takes is the size of its file
and the keys and values of a useful context; how fast it is follows from its size and the number of cores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from training.models.base import megabytes
from training.models.calibration import cores
from training.models.catalogue import Source, catalogue
from training.models.listing import AVAILABLE, ENDPOINT, PARTIAL, Listed
from training.models.memory import RESERVE_BYTES, available_bytes

CONTEXT_TOKENS = 4096
"""The context that a model must have room for to be of use."""
BYTES_PER_CORE = 700_000_000
"""Weights that one core reads for each token at about reading speed."""


@dataclass(frozen=True)
class Machine:
    """``free_bytes`` is None where nothing tells how much memory is left."""

    free_bytes: int | None
    cores: int

    def fits(self, source: Source) -> bool:
        """Whether the model can be loaded beside what runs now."""
        return self._has(source.memory_bytes(CONTEXT_TOKENS))

    def _has(self, wanted: int) -> bool:
        return self.free_bytes is None or wanted + RESERVE_BYTES <= self.free_bytes

    def fits_listed(self, one: Listed) -> bool | None:
        """The same of a line of the list; None where it takes no memory here, or nobody knows how much."""
        if one.state == ENDPOINT:
            return None
        known = catalogue().get(one.id)
        if known is not None:
            return self.fits(known)
        return None if one.memory_bytes is None else self._has(one.memory_bytes)


def this_machine() -> Machine:
    """What is free now."""
    return Machine(available_bytes(), cores())


def recommended(machine: Machine) -> Source | None:
    """The largest recommended model of the catalogue that fits and is fast enough; None where none is."""
    able = (
        source
        for source in catalogue().values()
        if source.recommended and machine.fits(source) and source.bytes <= machine.cores * BYTES_PER_CORE
    )
    return max(able, key=lambda source: source.bytes, default=None)


def reason(source: Source, machine: Machine) -> str:
    """Why it is recommended, in the figures that it was chosen by."""
    free = "" if machine.free_bytes is None else f" and {megabytes(machine.free_bytes)} of free memory"
    several = "s" if machine.cores > 1 else ""
    takes = megabytes(source.memory_bytes(CONTEXT_TOKENS))
    return f"takes about {takes}; this machine has {machine.cores} core{several}{free}"


def fitting_first(listed: Sequence[Listed], machine: Machine) -> list[Listed]:
    """The model in use, then those that fit, the recommended one first of what is to be had."""
    best, current = recommended(machine), listed[0]
    if best is not None and (current.state == ENDPOINT or (current.memory_bytes or 0) > best.bytes):
        best = None  # what serves is at least as large
    current, *others = (
        replace(one, fits=machine.fits_listed(one), recommended=best is not None and one.id == best.id)
        for one in listed
    )
    return [replace(current, fits=True if current.state != ENDPOINT else None), *sorted(others, key=_place)]


def _place(one: Listed) -> tuple[bool, bool]:
    """Within a place the order stays."""
    return one.fits is False, one.state in (AVAILABLE, PARTIAL) and not one.recommended
