"""``run_shell``.

Invariant: the command runs in the proven sandbox, under the session's limits, with nothing on its stdin.
Covered: bash, or sh where the sandbox has no bash. Not covered: permission, decided before.
"""

from tools.base import ToolContext
from tools.builtin.programs import run_program
from tools.calls import Risk, ToolError, ToolResult
from tools.registry import tool

_LONGEST_COMMAND = 100_000  # bytes; one argument of a program is limited to 128 KiB by Linux
_BEST_SHELL = (
    "for bash in /bin/bash /usr/bin/bash /usr/local/bin/bash; do "
    'if [ -x $bash ]; then exec $bash -c "$1"; fi; done; exec /bin/sh -c "$1"'
)
"""By whole paths, because the workspace's own environment comes first in PATH."""


@tool(risk=Risk.EXECUTE)
async def run_shell(context: ToolContext, /, *, command: str) -> ToolResult:
    """Run a shell command in the workspace.

    Args:
        command: command line for bash
    """
    if not command.strip():
        raise ToolError("command is empty")
    if "\0" in command:
        raise ToolError("command must not hold a NUL character")
    if len(command.encode("utf-8", "surrogatepass")) > _LONGEST_COMMAND:
        raise ToolError(f"command is longer than {_LONGEST_COMMAND} bytes; write a script and run that")
    return await run_program(context, "run_shell", ["/bin/sh", "-c", _BEST_SHELL, "sh", command])
