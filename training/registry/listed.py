"""Trained students as lines of the list of models."""

from collections.abc import Iterator
from pathlib import Path

from training.models.catalogue import catalogue
from training.models.listing import DAMAGED, MISSING, Listed
from training.registry.base import WEIGHTS, Registered
from training.registry.store import Registry
from training.student.gguf import ModelFileError, model_path
from training.student.settings import StudentSettings


def listed_students(registry: Registry, settings: StudentSettings) -> list[Listed]:
    """A line each, with the state that the registry gives it. Raises RegistryError."""
    return [*(_line(one, settings) for one in registry.all()), *_damaged(registry)]


def _line(student: Registered, settings: StudentSettings) -> Listed:
    base, files = student.manifest.base, student.manifest.files
    path = student.model or _base_path(base.model)
    state = student.state.value if path else MISSING
    known = catalogue().get(base.model)
    weights = sum(one.bytes for name, one in files.items() if name in WEIGHTS)
    below = known.memory_bytes(settings.context_tokens) if known else 0
    replaced = known.bytes if known and student.model else 0
    return Listed(
        id=student.id,
        name=student.name,
        base=known.base if known else base.name or base.model,
        adapter=str(student.adapter or ""),
        state=state,
        path=str(path or ""),
        license=base.license,
        memory_bytes=below - replaced + weights,
    )


def _base_path(model: str) -> Path | None:
    """The file of the base, if it is on this machine."""
    try:
        path = model_path(model)
    except ModelFileError:
        return None
    return path if path.is_file() else None


def _damaged(registry: Registry) -> Iterator[Listed]:
    for folder in registry.unreadable():
        yield Listed(folder.name, folder.name, "", "", DAMAGED, str(folder), "", None)
