"""Ties the processes of a call to this program: they end with it, however it ends, and after their time.

Invariant: bwrap and the first process of its namespace, whose end is the end of all inside, are from their
first instruction in a process group with a watch that reads from a pipe. Only this program holds the other
end, so its death, a ``kill -9`` included, closes the pipe, and the watch kills the group at one stroke.
``timeout`` in the same group bounds the call even where the watch was killed. The command leaves the group
before it begins (``INSIDE``), so that nothing inside can stop or kill either of them.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from sandbox.launch import SETSID, TIMEOUT
from sandbox.leftovers import MARKED
from sandbox.scratch import Scratch

LATER_S = 5.0
"""How long after this program would have ended a call its own timer does."""
OWN_PROCESSES = 2
"""The watch and the timer."""
INSIDE = (SETSID,)
"""Put before a command inside: a session, and so a process group and no terminal, of its own."""
_LAUNCH = f"""
[ -z "$0" ] || echo 0 >"$0" || {{ echo "cannot join the control group $0"; exit 125; }}
{{ read -r _ <&2; kill -9 0; }} </dev/null >/dev/null &
exec {TIMEOUT} -s KILL "$@" 2>&1
"""
"""Joins the control group, starts the watch, and becomes the timer of what follows."""


class Lifeline:
    """One call's. ``cut`` ends every process of it; safe to call twice.

    ``watched`` is given to ``command`` as its standard error, the one way to hand a descriptor over to a
    shell that keeps it from everything else; what follows writes its errors to its output.
    """

    def __init__(self, scratch: Scratch) -> None:
        self.environment = {MARKED: scratch.mark}
        self.watched, self._held = os.pipe()

    def command(self, argv: Sequence[str], seconds: float, join: Path | None) -> list[str]:
        """``argv``, to be started in a session of its own, with ``watched`` and ``environment``.

        ``join`` is the file of a control group to start in.
        """
        return ["/bin/sh", "-c", _LAUNCH, str(join) if join else "", str(seconds + LATER_S), *argv]

    def started(self) -> None:
        """What was started has its own copy."""
        os.close(self.watched)
        self.watched = -1

    def cut(self) -> None:
        for descriptor in (self.watched, self._held):
            if descriptor >= 0:
                os.close(descriptor)
        self.watched = self._held = -1
