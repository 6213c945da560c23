"""Where examples come from."""

from typing import Protocol

from training.datasets.example import Example


class GenerationError(Exception):
    """Examples cannot be made: one line, why and how to mend it."""


class Source(Protocol):
    """Gives examples by number, so that a run which was stopped goes on where it was.

    Invariant: the same source gives the same example for the same number.
    """

    async def make(self, index: int) -> Example:
        """The example of that number, whole and checked. Raises GenerationError."""
