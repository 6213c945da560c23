"""A student as the one who chooses calls for ``tools.OptimizationManager``."""

from collections.abc import Sequence

from tools.calls import ToolCall
from tools.protocol.calls import write_call
from tools.protocol.messages import Conversation, Message, Prompt, Signature
from tools.registry import ANSWER
from training.student.base import Student
from training.student.prompt import shipped_prompt


class StudentDecides:
    """Fulfils ``tools.Decide``: one decision for each task. The student loads at the first.

    ``prompt`` is the general one where none is given: the tools of other programs are in no example.
    """

    def __init__(self, student: Student, prompt: Prompt | None = None) -> None:
        self._student = student
        self._prompt = prompt or shipped_prompt("general")

    async def __call__(self, task: str, tools: Sequence[Signature]) -> Sequence[ToolCall]:
        """The student's calls, each once; none where it would rather answer. Raises StudentError."""
        await self._student.start()
        conversation = Conversation(self._prompt, (*tools, ANSWER), (Message("user", task),))
        decision = await self._student.decide(conversation)
        return list({write_call(call): call for call in decision.calls}.values())

    async def close(self) -> None:
        """End the student."""
        await self._student.close()
