"""Running a program for a tool, and telling the student how it ended.

Invariant: a program runs in the proven sandbox or not at all, and the first line of the text is its exit
code, taken from the sandbox and not from what the program printed.
"""

import os
from collections.abc import Sequence

from sandbox.base import Completed, Sandbox
from sandbox.launch import PROGRAM_FOLDERS
from tools.base import ToolContext
from tools.builtin.terminal_text import as_read
from tools.calls import ToolError, ToolResult

_FIRST_PYTHON = (
    "for python in .venv/bin/python venv/bin/python python3 python; do "
    'if "$python" -c "" >/dev/null 2>&1; then exec "$python" "$@"; fi; '
    "done; echo 'there is no python in the sandbox' >&2; exit 127"
)


def required_sandbox(context: ToolContext, tool: str) -> Sandbox:
    """The sandbox of the session. Raises ToolError with the line that names the fix where there is none."""
    if context.sandbox is None:
        why = context.sandbox_problem or "no sandbox was proven; `apprentice doctor` says how to mend it"
        raise ToolError(f"{tool} is off: {why}")
    return context.sandbox


async def run_program(context: ToolContext, tool: str, argv: Sequence[str], stdin: bytes = b"") -> ToolResult:
    """Run ``argv`` in the sandbox under the session's limits; success is exit code 0."""
    sandbox = required_sandbox(context, tool)
    completed = await sandbox.run(argv, limits=context.limits, stdin=stdin, on_output=context.on_output)
    return result_of(completed)


def result_of(completed: Completed) -> ToolResult:
    """The exit code first, then what the program printed."""
    seconds = completed.duration_ms / 1000
    if completed.timed_out:
        first = f"stopped after {seconds:.1f} s, the time limit; what it printed until then:"
    elif completed.exit_code is None:
        first = "killed; what it printed until then:"
    else:
        first = f"exit code {completed.exit_code}"
    output = as_read(completed.output).rstrip("\n")
    return ToolResult(
        success=completed.exit_code == 0 and not completed.timed_out,
        text=f"{first}\n{output}" if output else f"{first}\n(no output)",
        exit_code=completed.exit_code,
        truncated=completed.truncated,
    )


def python_of_sandbox(context: ToolContext) -> str:
    """The Python that a program finds in the sandbox, by its path where that is the system's own."""
    shows = context.sandbox is not None and context.sandbox.name == "bubblewrap"
    paths = (f"{folder}/python3" for folder in PROGRAM_FOLDERS) if shows else ()
    return next((path for path in paths if os.access(path, os.X_OK)), "python3")


def python_argv(*arguments: str) -> list[str]:
    """The workspace's own Python where it has one that starts, else the sandbox's, with ``arguments``."""
    return ["/bin/sh", "-c", _FIRST_PYTHON, "python", *arguments]
