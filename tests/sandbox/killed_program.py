"""A program with a sandbox, to be killed: ``python -m tests.sandbox.killed_program WORKSPACE ENGINE WORK``.

WORK is ``prove``, or the shell command of one call. ``LATER_S``, where it is set in the environment, replaces
the time that a call's own timer waits longer than the program does.
"""

import asyncio
import os
import sys
from pathlib import Path

from sandbox import lifeline
from sandbox.base import Limits, Mount
from sandbox.bubblewrap import BubblewrapSandbox
from sandbox.canary import prove


async def main(workspace: Path, engine: str, work: str) -> None:
    lifeline.LATER_S = float(os.environ.get("LATER_S", lifeline.LATER_S))
    sandbox = BubblewrapSandbox(Mount(workspace), engine)
    await sandbox.start()
    if work == "prove":
        await prove(sandbox, workspace, Limits(processes=40))
    else:
        await sandbox.run(["sh", "-c", work])
    await sandbox.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
