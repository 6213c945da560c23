"""A call of a turn with what came of it, as questions about results look at it."""

import re
from dataclasses import dataclass
from functools import cached_property

from assistant.agent.facts.counts import Counts, counts_of
from assistant.agent.facts.record import subject
from assistant.agent.facts.words import paths_in, same_file
from tools.calls import ToolCall, ToolResult

_WHOLE = re.compile(
    r"\b(?:projects?|repo\w*|codebase|in total|altogether|all files|workspace)\b", re.IGNORECASE
)
_HEAD = re.compile(r"\[[^\n]*\]\n")


@dataclass(frozen=True)
class Result:
    """A call of the turn and what came of it."""

    call: ToolCall
    result: ToolResult

    @cached_property
    def counted(self) -> Counts:
        """What there is to count in the result, and who counted."""
        return counts_of(self.call, self.result)

    @property
    def counts(self) -> dict[str, int]:
        """What there is to count in the result."""
        return self.counted.numbers

    @property
    def subject(self) -> str:
        """What the call is about."""
        return subject(self.call)

    @property
    def whole(self) -> bool:
        """Whether a file was read from its first line to its last, or a folder listed whole."""
        if self.result.truncated or not self.result.success:
            return False
        if self.call.tool == "read_file":
            return "lines" in self.counts and "shown" not in self.counts
        return self.call.tool == "list_files" and not re.search(r"(?m)^\[", self.result.text)

    @property
    def lines(self) -> list[str]:
        """The lines of a file that was read whole; none where they are not all there."""
        if self.call.tool != "read_file" or not self.whole:
            return []
        return _HEAD.sub("", self.result.text, count=1).splitlines()[: self.counts["lines"]]

    @property
    def entries(self) -> list[str]:
        """The names of a listing, folders with a slash."""
        names = [line for line in self.result.text.splitlines() if line and not line.startswith("[")]
        return names if self.counts.get("entries") else []

    def is_about(self, request: str) -> bool:
        """Whether ``request`` names the file of this result, or no file and not the whole project."""
        said = paths_in(request)
        if not said and _WHOLE.search(request):
            return False
        return not said or (len(said) == 1 and same_file(said[0], self.subject))
