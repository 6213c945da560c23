"""Every model that there is to choose from, as one list.

The states: ``in use``; ``embedded`` (comes with the program); ``installed`` (pulled, and whole); ``damaged``
(pulled, and not what it was); ``missing`` (the student, and not here); ``partial`` (a pull did not end, the
next one goes on); ``available`` (in the catalogue, to be pulled); ``endpoint`` (served on this machine). Of
trained students: ``deployed`` (serves where its base is named), ``candidate`` (never did), ``retired`` (did).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.models.calibration import load_choice
from training.models.catalogue import EMBEDDED, Source, catalogue
from training.models.discovery import Served
from training.models.store import Installed, ModelStore
from training.student.gguf import ModelFileError, embedded_model
from training.student.settings import StudentSettings

IN_USE = "in use"
INSTALLED = "installed"
AVAILABLE = "available"
DAMAGED = "damaged"
MISSING = "missing"
PARTIAL = "partial"
ENDPOINT = "endpoint"
DEPLOYED, CANDIDATE, RETIRED = "deployed", "candidate", "retired"
_NOT_USABLE = (DAMAGED, MISSING, PARTIAL, AVAILABLE)
_ORDER = (
    *(DEPLOYED, CANDIDATE, RETIRED),
    *(EMBEDDED, MISSING, INSTALLED, DAMAGED, ENDPOINT, PARTIAL, AVAILABLE),
)


@dataclass(frozen=True)
class Listed:
    """One line of the list. ``id`` is what ``apprentice models use`` takes.

    ``memory_bytes`` is about what it takes with the context of the settings; None where it is not known here.
    """

    id: str
    name: str
    base: str
    adapter: str
    state: str
    path: str
    license: str
    memory_bytes: int | None
    fits: bool | None = None
    """Whether this machine has the memory for it; None where that was not looked at, or does not matter."""
    recommended: bool = False
    """Whether it is what suits this machine best."""


def listing(
    settings: StudentSettings,
    store: ModelStore,
    served: Sequence[Served],
    students: Sequence[Listed] = (),
    serving: str = "",
) -> list[Listed]:
    """The model in use first, then those that are here, then those to be had. Raises ModelError.

    ``students`` are the trained ones; ``serving`` is the id of the one that the settings mean, if they do.
    """
    installed = {model.id: model for model in store.all()}
    listed = [_of_catalogue(source, installed, store, settings) for source in catalogue().values()]
    listed += [
        _of_store(model, store, settings) for model in installed.values() if model.id not in catalogue()
    ]
    listed += students
    listed += [Listed(one.address, one.name, "", "", ENDPOINT, one.endpoint, "", None) for one in served]
    current = next((one for one in students if one.id == serving), None) or _current(listed, settings)
    others = [one for one in listed if one.id != current.id]
    if current.state not in (*_NOT_USABLE, DEPLOYED):
        current = replace(current, state=IN_USE)
    return [current, *sorted(others, key=lambda one: _ORDER.index(one.state))]


def _current(listed: Sequence[Listed], settings: StudentSettings) -> Listed:
    found = next((one for one in listed if _in_use(one, settings)), None) or _unlisted(settings)
    return replace(found, adapter=settings.adapter_path)


def _in_use(one: Listed, settings: StudentSettings) -> bool:
    if one.state == ENDPOINT:
        return settings.model in (one.id, one.path) and settings.name in ("", one.name)
    return settings.model in (one.id, one.path)


def _unlisted(settings: StudentSettings) -> Listed:
    """A model in use that nothing lists: a file of the person's, or a server elsewhere."""
    if settings.model.startswith(("http://", "https://")):
        endpoint, _, name = settings.model.partition("#")
        return Listed(settings.model, settings.name or name or "?", "", "", ENDPOINT, endpoint, "", None)
    path = Path(settings.model).expanduser().absolute()
    state = INSTALLED if path.is_file() else MISSING
    return Listed(settings.model, path.stem, "", "", state, str(path), "", _memory(path, None, settings))


def _of_catalogue(
    source: Source, installed: dict[str, Installed], store: ModelStore, settings: StudentSettings
) -> Listed:
    if source.id in installed:
        return _of_store(installed[source.id], store, settings)
    path, state = "", PARTIAL if store.begun(source.id) else AVAILABLE
    if source.id == EMBEDDED:
        try:
            path, state = str(embedded_model()), EMBEDDED
        except ModelFileError:
            state = MISSING
    memory = source.memory_bytes(settings.context_tokens)
    return Listed(source.id, source.name, source.base, "", state, path, source.license, memory)


def _of_store(model: Installed, store: ModelStore, settings: StudentSettings) -> Listed:
    path = store.path(model)
    whole = path.is_file() and path.stat().st_size == model.bytes
    memory = _memory(path, catalogue().get(model.id), settings)
    state = INSTALLED if whole else DAMAGED
    return Listed(model.id, model.name, model.base, "", state, str(path), model.license, memory)


def _memory(path: Path, source: Source | None, settings: StudentSettings) -> int | None:
    """By the catalogue, else by what the calibration found, else the file alone."""
    if source is not None:
        return source.memory_bytes(settings.context_tokens)
    known = load_choice(path)
    if known is not None:
        context = min(settings.context_tokens, known.model_context_tokens)
        return known.weights_bytes + known.kv_bytes_per_token * context
    return path.stat().st_size if path.is_file() else None
