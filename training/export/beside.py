"""A function that is carried out in a process of its own, beside what this one does meanwhile.

For work that holds the interpreter, so that a thread would not help. Invariant: the process ends with its
work or with this one's interest in it: nobody who listens is needed for that.
"""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar, cast

from training.export.naming import ExportError

Result = TypeVar("Result")


class Beside(Generic[Result]):
    """``work(*given)`` under way; all of it can be pickled."""

    def __init__(self, work: Callable[..., Result], *given: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._receiver, sender = context.Pipe(duplex=False)
        self._name = work.__name__
        self._process = context.Process(target=_carry_out, args=(sender, work, given), daemon=True)
        self._process.start()
        sender.close()

    def result(self) -> Result:
        """Wait for it. Raises ExportError where ``work`` did, or where its process was killed."""
        try:
            found = self._receiver.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            raise ExportError(f"the process of {self._name} ended with {code}; export once more") from None
        finally:
            self._receiver.close()
        if isinstance(found, ExportError):
            raise found
        return cast(Result, found)


def _carry_out(sender: Connection, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    try:
        found = work(*given)
    except ExportError as error:
        found = error
    with suppress(BrokenPipeError):
        sender.send(found)
