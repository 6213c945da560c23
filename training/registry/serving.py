"""Which student the settings mean, and of which files it is made.

Invariant: what ``in_force`` returns names files that were proved just now, and means the same when it is
given again. What the settings say of adapter and prompt goes before what belongs to a student.
"""

from training.events.base import EventLogError
from training.events.location import data_dir
from training.models.calibration import calibrations_dir
from training.models.files import sha256
from training.registry.artefact import prove
from training.registry.base import Registered, RegistryError
from training.registry.store import Registry
from training.student.base import StudentError
from training.student.gguf import ModelFileError, model_path
from training.student.settings import NO_ADAPTER, StudentSettings

FOLDER = "students"


def own_registry() -> Registry:
    """The registry in the person's data folder. Raises RegistryError."""
    try:
        return Registry(data_dir() / FOLDER)
    except EventLogError as error:
        raise RegistryError(str(error)) from None


def serving(settings: StudentSettings, registry: Registry) -> Registered | None:
    """The student that the settings mean: the one they name by id or files, else the deployed one where they
    name its base.

    None where they name another model, or an adapter of their own. Raises RegistryError.
    """
    if settings.remote:
        return None
    named = registry.find(settings.model) or _of_files(settings, registry)
    if named is not None or settings.adapter:
        return named
    deployed = registry.deployed()
    return deployed if deployed and deployed.manifest.base.model == settings.model else None


def in_force(settings: StudentSettings, registry: Registry | None = None) -> StudentSettings:
    """The settings with model, adapter and prompt as files. Raises StudentError."""
    try:
        student = serving(settings, registry or own_registry())
        if student is None:
            return settings if settings.remote else _plain(settings)
        prove(student)
        _prove_base(student)
    except (RegistryError, ModelFileError) as error:
        raise StudentError(str(error)) from None
    parts = {
        "model": str(student.model or student.manifest.base.model),
        "adapter": settings.adapter or str(student.adapter or NO_ADAPTER),
        "prompt": settings.prompt or str(student.prompt),
    }
    return settings.model_copy(update=parts)


def _of_files(settings: StudentSettings, registry: Registry) -> Registered | None:
    for one in registry.all():
        is_whole = one.model is not None and str(one.model) == settings.model
        over = (one.manifest.base.model, str(one.adapter))
        if is_whole or over == (settings.model, settings.adapter):
            return one
    return None


def _plain(settings: StudentSettings) -> StudentSettings:
    """Without a student, also when one is deployed later."""
    return settings.model_copy(update={"adapter": settings.adapter or NO_ADAPTER})


def _prove_base(student: Registered) -> None:
    """Raises RegistryError or ModelFileError where an adapter's base is not the one it was trained on."""
    if student.model is not None:
        return
    base = student.manifest.base
    path = model_path(base.model)
    try:
        found = sha256(path, calibrations_dir())
    except OSError as error:
        raise RegistryError(f"student {student.id}: {path}: {error.strerror or error}") from None
    if found != base.sha256:
        raise RegistryError(
            f"student {student.id} ({student.name}) was trained on another {base.model} than the one that is "
            f"here ({found[:12]}, not {base.sha256[:12]}); train it again, or bring that one back"
        )
