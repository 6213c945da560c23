"""What the modules of this package share: their error, and how they tell how far they are."""

from collections.abc import Callable

Told = Callable[[int], None]
"""Receives how many bytes are done, of a total that is known to the receiver."""

Said = Callable[[str], None]
"""Receives one line that a person who waits should know."""


class ModelError(Exception):
    """A model cannot be had, kept or used: one line, which, why, and what to do."""


def megabytes(size: int) -> str:
    """A size as people read it: ``98 MB``, ``4.7 GB``."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
