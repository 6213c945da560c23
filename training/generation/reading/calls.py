"""Tool calls in the short form that templates give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Source:
    """Where a text came from."""

    tool: str
    arguments: Mapping[str, Any]
    name: str
    """A path, or a command."""
    head: tuple[str, ...]
    """What the tool says before the text."""


def source_of(call: str) -> Source:
    """What ``read PATH``, ``sh COMMAND``, ``sh1 COMMAND``, ``tests``, ``tests1``, ``diff [PATH]``,
    ``list [PATH]``, ``search PATTERN [PATH]`` or ``docs QUERY`` stands for; ``1`` is the exit code."""
    sort, _, rest = call.partition(" ")
    if sort in ("sh", "sh1"):
        return Source("run_shell", {"command": rest}, rest, (f"exit code {sort[2:] or 0}",))
    if sort in ("tests", "tests1"):
        return Source("run_tests", {}, "run_tests", (f"exit code {sort[5:] or 0}",))
    if sort == "read":
        return Source("read_file", {"path": rest}, rest, ())
    if sort == "search":
        pattern, _, path = rest.partition(" ")
        return Source("search_files", {"pattern": pattern} | ({"path": path} if path else {}), pattern, ())
    if sort == "docs":
        return Source("search_docs", {"query": rest}, rest, ())
    tool = {"diff": "git_diff", "list": "list_files"}[sort]
    return Source(tool, {"path": rest} if rest else {}, rest or tool, ())
