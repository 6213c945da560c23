"""``git_diff``.

Invariant: nothing of the repository is run, neither programs that its settings name nor its own (filters,
hooks, pagers, drivers, monitors, fetching): git runs in the proven sandbox, with the workspace read-only,
over a view that has no settings (see ``git_view``). Covered: staged and unstaged changes to tracked files,
the names of new ones. Not covered: submodules' content.
"""

import asyncio
import dataclasses
from pathlib import Path

from sandbox.launch import python_inside
from tools.base import ToolContext
from tools.builtin.paths import located
from tools.builtin.programs import required_sandbox
from tools.calls import Risk, ToolError, ToolResult
from tools.registry import tool

_VIEW = Path(__file__).with_name("git_view.py")
_DIFF = (
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--submodule=short",
    "--ignore-submodules=dirty",
)


@tool(risk=Risk.READ, timeout_s=75)
async def git_diff(context: ToolContext, /, *, path: str | None = None) -> ToolResult:
    """Show changes that are not committed.

    Args:
        path: file or folder; everything without it
    """
    required_sandbox(context, "git_diff")
    where = await asyncio.to_thread(_below_workspace, context, path or ".")
    head = await _git(context, "rev-parse", "--verify", "--quiet", "HEAD")
    if head.exit_code not in (0, 1):
        raise ToolError(_why(head))
    since = "HEAD" if head.success else "--cached"  # no commit yet: what is staged is all there is
    changed = await _git(context, *_DIFF, since, "--", where)
    if not changed.success:
        raise ToolError(_why(changed))
    new = await _git(context, "ls-files", "--others", "--exclude-standard", "--", where)
    names = new.text.rstrip("\n") if new.success else ""
    untracked = f"new files that git does not track:\n{names}" if names else ""
    parts = (_told(changed.text.rstrip("\n")), untracked)
    text = "\n\n".join(part for part in parts if part) or "no changes since the last commit"
    return dataclasses.replace(changed, text=text)


async def _git(context: ToolContext, *arguments: str) -> ToolResult:
    sandbox = required_sandbox(context, "git_diff")
    command = python_inside(await asyncio.to_thread(_VIEW.read_text), *arguments)
    completed = await sandbox.run(command, limits=context.limits, read_only=True)
    return ToolResult(
        success=completed.exit_code == 0,
        text=completed.output,
        exit_code=completed.exit_code,
        truncated=completed.truncated,
    )


def _told(diff: str) -> str:
    """A diff without the lines that only git needs: ``---`` and ``+++`` name a file whose text changed."""
    kept: list[str] = []
    head: list[str] = []
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            kept += head
            head = [line]
        elif head and line.startswith("--- "):
            kept += [*head[1:], line]
            head = []
        elif not head:
            kept.append(line)
        elif not line.startswith("index "):
            head.append(line)
    return "\n".join(kept + head)


def _why(failed: ToolResult) -> str:
    if "not a git repository" in failed.text.lower():
        return "the workspace is not a git repository; only the person can make one, with `git init`"
    if failed.exit_code == 127:
        return "git is not installed in the sandbox"
    lines = failed.text.strip().splitlines()
    return f"git diff failed: {lines[0] if lines else f'exit code {failed.exit_code}'}"


def _below_workspace(context: ToolContext, path: str) -> str:
    """The path git is given. Raises ToolError where it leaves the workspace; a deleted file is fine."""
    with located(context.workspace, path, writing=True) as place:
        return "/".join(place.parts) or "."
