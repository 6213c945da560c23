"""What the student may be, and making another model the student: tried first, then set."""

from collections.abc import Callable
from pathlib import Path

from assistant.settings import Settings
from assistant.settings_edit import set_values
from assistant.wiring import make_student
from training.models.catalogue import EMBEDDED, catalogue
from training.models.discovery import discover
from training.models.fitting import fitting_first, this_machine
from training.models.listing import Listed, listing
from training.models.store import ModelStore
from training.registry.base import Registered
from training.registry.listed import listed_students
from training.registry.serving import in_force, own_registry, serving
from training.student.base import StudentInfo
from training.student.settings import StudentSettings

BELONGING = ("adapter", "name", "prompt")
"""Settings of a student that belong to its model."""


async def listed(settings: Settings, student: StudentSettings) -> list[Listed]:
    """Every model, with what servers on this machine offer now: what fits this machine first.

    Raises ModelError or RegistryError.
    """
    served = await discover(settings.models.endpoints)
    registry = own_registry()
    used = serving(student, registry)
    students = listed_students(registry, student)
    found = listing(student, ModelStore(), served, students, used.id if used else "")
    return fitting_first(found, this_machine())


def named(model: str) -> str:
    """``model`` as the settings keep it: a path is absolute, ids and addresses are as they are."""
    if model == EMBEDDED or model in catalogue() or model.startswith(("http://", "https://")):
        return model
    path = Path(model).expanduser()
    return str(path.absolute()) if path.exists() or "/" in model or path.suffix == ".gguf" else model


async def tried(settings: StudentSettings, model: str) -> StudentInfo:
    """Load ``model`` and let it go again. Raises StudentError where it cannot serve."""
    given = {"model": named(model), **dict.fromkeys(BELONGING, "")}
    student = make_student(in_force(settings.model_copy(update=given)))
    try:
        return await student.start()
    finally:
        await student.close()


def set_student(model: str, before: StudentSettings, now: Callable[[], Settings]) -> list[str]:
    """Write ``model`` into the person's settings; returns what they should know. Raises SettingsError.

    ``now`` reads the settings that are in force after it.
    """
    emptied = [name for name in BELONGING if getattr(before, name)]
    set_values({"student.model": named(model), **{f"student.{name}": "" for name in emptied}})
    notices = [f"student.{name} was {getattr(before, name)} and is empty now" for name in emptied]
    settings = now()
    if settings.student.model != named(model):
        origin = settings.origin(("student", "model"))
        notices.append(
            f"the student here is still {settings.student.model}, set by {origin}, which is stronger"
        )
    return notices


def let_serve(student: Registered, before: StudentSettings, now: Callable[[], Settings]) -> list[str]:
    """Set what keeps a deployed student from serving; returns what the person should know.

    Raises SettingsError or RegistryError.
    """
    if _serves(student, before):
        return []
    notices = set_student(student.manifest.base.model, before, now)
    if not _serves(student, now().student):
        notices.append(f"{student.id} does not serve here: the settings name another model or adapter")
    return notices


def _serves(student: Registered, settings: StudentSettings) -> bool:
    found = serving(settings, own_registry())
    return found is not None and found.id == student.id
