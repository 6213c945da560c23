"""A panel from which trained students are ruled: deployed, rolled back."""

from typing import ClassVar

from assistant.settings import SettingsError
from assistant.student_desk import Refusal, StudentDesk
from assistant.tui.screens.acting import ActingPanel
from training.events.base import EventLogError
from training.jobs.base import JobError
from training.models.base import ModelError
from training.registry import RegistryError
from training.student.base import StudentError


class StudentPanel(ActingPanel):
    """A refusal is said as what it is; a second key overrules it."""

    PROBLEMS: ClassVar[tuple[type[Exception], ...]] = (
        *(Refusal, JobError, RegistryError, ModelError, SettingsError, EventLogError, StudentError),
        OSError,
    )

    def __init__(self, title: str, hint: str, students: StudentDesk) -> None:
        super().__init__(title, hint)
        self.students = students

    def words_of(self, problem: Exception) -> str:
        if isinstance(problem, Refusal):
            return f"no: {problem}. D lets it serve all the same"
        return str(problem)

    def let_serve(self, student: str, *, forced: bool) -> None:
        """Also in the chat below."""
        self.do(lambda: self.students.deploy(student, forced=forced))

    def action_roll_back(self) -> None:
        """Let the one serve again that did so before."""
        self.do(self.students.roll_back)
