"""A student as the one who chooses calls for ``tools.OptimizationManager``."""

from collections.abc import Sequence

from tools.calls import ToolCall
from tools.protocol.calls import write_call
from tools.protocol.messages import Conversation, Message, Prompt, Signature
from tools.registry import ANSWER
from training.student.base import Student
from training.student.other_tools import for_tools


class StudentDecides:
    """Fulfils ``tools.Decide``: one decision for each task. The student loads at the first."""

    def __init__(self, student: Student, prompt: Prompt) -> None:
        self._student = student
        self._prompt = prompt

    async def __call__(self, task: str, tools: Sequence[Signature]) -> Sequence[ToolCall]:
        """The student's calls, each once; none where it would rather answer. Raises StudentError."""
        await self._student.start()
        offered = (*tools, ANSWER)
        prompt = for_tools(self._prompt, offered)
        decision = await self._student.decide(Conversation(prompt, offered, (Message("user", task),)))
        return list({write_call(call): call for call in decision.calls}.values())

    async def close(self) -> None:
        """End the student."""
        await self._student.close()
