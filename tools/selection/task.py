"""What a caller asks of the manager, and who chooses the calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.calls import ToolCall
from tools.protocol.messages import Signature


@dataclass(frozen=True)
class ToolSelectionContext:
    """A task to select tools for.

    At most ``max_tools`` are selected; those that the task names are never left out. ``prefer_fast`` prefers,
    among tools that are about as likely, those whose calls took less time so far.
    """

    task_description: str
    max_tools: int = 5
    prefer_fast: bool = False

    def __post_init__(self) -> None:
        if not self.task_description.strip():
            raise ValueError("task_description is empty; say what is to be done")
        if self.max_tools < 1:
            raise ValueError(f"max_tools is {self.max_tools}; at least one tool has to be selected")


class Decide(Protocol):
    """Who chooses: a student, any other model, or the caller's own rule."""

    async def __call__(self, task: str, tools: Sequence[Signature]) -> Sequence[ToolCall]:
        """The calls to make, their arguments filled in; none where no tool is needed."""
