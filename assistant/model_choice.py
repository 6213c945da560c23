"""Making another model the student: tried first, then written into the person's settings."""

from pathlib import Path

from assistant.cli.invocation import Invocation
from assistant.settings_edit import set_values
from assistant.wiring import make_student
from training.models.catalogue import EMBEDDED, catalogue
from training.student.base import StudentInfo
from training.student.settings import StudentSettings


def named(model: str) -> str:
    """``model`` as the settings keep it: a path is absolute, ids and addresses are as they are."""
    if model == EMBEDDED or model in catalogue() or model.startswith(("http://", "https://")):
        return model
    path = Path(model).expanduser()
    return str(path.absolute()) if path.exists() or "/" in model or path.suffix == ".gguf" else model


async def tried(settings: StudentSettings, model: str) -> StudentInfo:
    """Load ``model`` and let it go again. Raises StudentError where it cannot serve."""
    student = make_student(_with(settings, model))
    try:
        return await student.start()
    finally:
        await student.close()


def _with(settings: StudentSettings, model: str) -> StudentSettings:
    """An adapter and the name of a server's model belong to the model that was there before."""
    return settings.model_copy(update={"model": named(model), "adapter": "", "name": ""})


def set_student(invocation: Invocation, model: str, before: StudentSettings) -> list[str]:
    """Write ``model`` into the person's settings; returns what they should know. Raises SettingsError."""
    belonging = [name for name in ("adapter", "name") if getattr(before, name)]
    set_values({"student.model": named(model), **{f"student.{name}": "" for name in belonging}})
    now = invocation.settings()
    notices = [f"student.{name} was {getattr(before, name)} and is empty now" for name in belonging]
    if now.student.model != named(model):
        origin = now.origin(("student", "model"))
        notices.append(
            f"here the student is still {now.student.model}: it is set by {origin}, which is stronger"
        )
    return notices
