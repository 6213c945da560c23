"""What is piped into the program.

Invariant: a pipe that stays open and silent cannot hang the program for ever before its first byte.
"""

import os
import select
import stat
import sys

from assistant.cli.invocation import print_notices

WAIT_S = 5.0


def piped_text(wait_s: float = WAIT_S) -> str:
    """All of stdin; nothing where it is a terminal, closed, or a pipe silent for ``wait_s`` seconds."""
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return ""
    if stat.S_ISCHR(kind):
        return ""
    if not stat.S_ISREG(kind) and not select.select([sys.stdin], [], [], wait_s)[0]:
        print_notices((f"nothing came through the pipe in {wait_s:.0f} s; going on without it",))
        return ""
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")
