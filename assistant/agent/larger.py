"""The offer of a larger student, made once where the embedded one failed more than once.

Invariant: nothing is pulled and nothing is swapped; the line names a model that fits this machine, or there
is none.
"""

from assistant.agent.steps import Failure, Observation, Step
from training.models.base import ModelError, megabytes
from training.models.catalogue import EMBEDDED

PATIENCE = 2
"""Failures and refusals in a session until the offer."""


class LargerStudent:
    """Of one session. ``take`` every step, then ``offer`` before the last one of a turn."""

    def __init__(self, model: str) -> None:
        self._left = PATIENCE if model == EMBEDDED else -1
        """Failures until the offer; below zero where it was made, or does not apply."""

    def take(self, step: Step) -> None:
        failed = isinstance(step, Failure) and not step.cancelled
        refused = isinstance(step, Observation) and step.confirmed_by in ("refused", "unparsed")
        if self._left > 0 and (failed or refused):
            self._left -= 1

    def offer(self) -> str:
        """The line, once; empty before and after. Reads files."""
        if self._left:
            return ""
        self._left = -1
        from training.models.fitting import recommended, this_machine
        from training.models.store import ModelStore

        found = recommended(this_machine())
        if found is None:
            return ""
        try:
            here = ModelStore().find(found.id) is not None
        except ModelError:
            here = False
        how = f"/model {found.id} takes it" if here else f"/models pulls it ({megabytes(found.bytes)})"
        return f"a larger student fits this machine and does more: {found.id}; {how}"
