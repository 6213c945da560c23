"""A teacher grades what the student decided: the tool, the arguments, the answer, and why.

Invariant: a grade that is given out is whole; where a teacher refused or failed there is the reason instead.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass

from tools.calls import ToolCall
from tools.protocol.calls import write_turn
from tools.protocol.messages import Message, Signature
from training.teachers.base import TeacherProvider, TeacherReply, TeacherRequest
from training.teachers.prompts import teacher_prompt, written_conversation, written_tools
from training.teachers.run import Answered, TeacherRun

BEST = 2
_GRADE = {"type": "integer", "enum": [0, 1, BEST]}
SCHEMA = {
    "type": "object",
    "properties": {"tool": _GRADE, "arguments": _GRADE, "answer": _GRADE, "words": {"type": "string"}},
    "required": ["tool", "arguments", "answer", "words"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Decided:
    """What the student decided: ``calls``, or ``answer`` where there are none."""

    id: str
    messages: tuple[Message, ...]
    tools: tuple[Signature, ...]
    calls: tuple[ToolCall, ...] = ()
    answer: str = ""


@dataclass(frozen=True)
class Grade:
    """0 (wrong) to 2 (right) each."""

    tool: int
    arguments: int
    answer: int
    words: str

    @property
    def score(self) -> float:
        """0 to 1."""
        return (self.tool + self.arguments + self.answer) / (3 * BEST)


@dataclass(frozen=True)
class Graded:
    """A decision with its grade, or without one and with the reason."""

    decided: Decided
    grade: Grade | None
    reply: TeacherReply | None = None
    problem: str = ""


def grade_request(decided: Decided) -> TeacherRequest:
    """What a teacher is asked about one decision."""
    prompt = teacher_prompt("grade")
    asked = prompt.fill(
        tools=written_tools(decided.tools),
        conversation=written_conversation(decided.messages),
        decision=write_turn(decided.calls, decided.answer),
    )
    return TeacherRequest(
        id=decided.id,
        messages=(Message("user", text=asked),),
        system=prompt.system,
        schema=SCHEMA,
        purpose="grade",
        prompt_version=prompt.version,
    )


async def grade(
    run: TeacherRun, provider: TeacherProvider, decisions: Iterable[Decided]
) -> AsyncIterator[Graded]:
    """The decisions with their grades, as they come. Raises as ``TeacherRun.replies`` does.

    An id may be graded once in a run by each teacher. ``decisions`` is read as they are needed.
    """
    waiting: dict[str, Decided] = {}

    def requests() -> Iterator[TeacherRequest]:
        for decided in decisions:
            waiting[decided.id] = decided
            yield grade_request(decided)

    async for answered in run.replies(provider, requests()):
        yield _graded(waiting.pop(answered.request.id), answered)


def _graded(decided: Decided, answered: Answered) -> Graded:
    reply = answered.reply
    if reply is None:
        return Graded(decided, None, None, answered.problem)
    if reply.data is None:
        return Graded(decided, None, reply, f"the teacher did not grade it: {reply.text or reply.stop}")
    return Graded(decided, Grade(**reply.data), reply)
