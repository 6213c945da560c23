"""Deciding as the chat does, for an evaluation, the arena, and programs that select tools through
``tools.get_optimization_manager``.

manager = get_optimization_manager()
manager.decide = student_decides()
"""

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.settings import load_settings
from assistant.wiring import make_student
from training.registry.serving import in_force
from training.student.deciding import StudentDecides
from training.student.prompt import prompt_for

if TYPE_CHECKING:
    from tools.protocol.messages import Conversation
    from tools.selection.offer import Way
    from tools.selection.ranker import Ranker
    from training.evaluation.running import Decide
    from training.student.base import Decision, Student


def student_decides(workspace: Path | None = None) -> StudentDecides:
    """The student that the settings name, as they hold in ``workspace``.

    Raises SettingsError, or StudentError where its prompt cannot be read.
    """
    student = in_force(load_settings(workspace or Path.cwd()).student)
    return StudentDecides(make_student(student), prompt_for(student.model, student.prompt))


def as_the_chat(ranker: "Ranker", selection: "Way", *, remote: bool) -> "Decide":
    """The first decision of a turn out of what the ranker offers, any other out of everything."""
    from assistant.agent.offering import Offering
    from tools.selection.offer import Offers

    async def decide(student: "Student", conversation: "Conversation") -> "Decision":
        # An offer depends on those before it in its session; every request here is a session of its own.
        offering = Offering(Offers(ranker), lambda: selection, lambda: remote)
        last = conversation.messages[-1]
        if last.role == "user":
            made = await offering.first(last.text, student, conversation, _unread)
        else:
            made = await offering.later(student, conversation, _unread, only_answer=False)
        return made.decision

    return decide


def _unread(_text: str) -> None:
    """For an answer that nobody reads while it comes."""
