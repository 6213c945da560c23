"""The person's own student, for programs that select tools through ``tools.get_optimization_manager``.

manager = get_optimization_manager()
manager.decide = student_decides()
"""

from pathlib import Path

from assistant.settings import load_settings
from assistant.wiring import make_student
from training.registry.serving import in_force
from training.student.deciding import StudentDecides
from training.student.prompt import prompt_for


def student_decides(workspace: Path | None = None) -> StudentDecides:
    """The student that the settings name, as they hold in ``workspace``.

    Raises SettingsError, or StudentError where its prompt cannot be read.
    """
    student = in_force(load_settings(workspace or Path.cwd()).student)
    return StudentDecides(make_student(student), prompt_for(student.model, student.prompt))
