"""Where the parts of a curation that do not depend on one another are computed: here, or over Ray's machines.

Invariant: what is made of a part depends on the part alone, so that every engine gives the same.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, TypeVar

Name = Literal["local", "ray"]

Part = TypeVar("Part")
Made = TypeVar("Made")


class Engine(Protocol):
    """Applies one function to many parts."""

    def map(self, function: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
        """In the order of the parts. Function and parts can be pickled. Raises CurationError."""


class Local:
    """In this process, one after another: numpy keeps all cores busy as it is."""

    def map(self, function: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
        return [function(part) for part in parts]


LOCAL = Local()


@contextmanager
def opened(name: Name) -> Iterator[Engine]:
    """The engine, until the block ends. Raises CurationError where it cannot be had."""
    if name == "local":
        yield LOCAL
        return
    from training.curation.ray_engine import connected

    with connected() as engine:
        yield engine
