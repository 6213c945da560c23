"""All that is known of one model, wherever it is.

Invariant: nothing is loaded; a file's header is read in a process of its own, and its sha256 computed once.
"""

from dataclasses import dataclass, field
from typing import Any

from training.models.base import ModelError
from training.models.calibration import Calibration, calibrations_dir, load_choice
from training.models.catalogue import EMBEDDED, Source, catalogue
from training.models.choice import LoadChoice, Needs, choose
from training.models.files import header as header_of
from training.models.files import sha256
from training.models.memory import available_bytes
from training.models.store import ModelStore
from training.student.gguf import ModelFileError, model_path
from training.student.settings import StudentSettings


@dataclass(frozen=True)
class About:
    """``memory_bytes`` is about what it takes with ``context_tokens``, the context it would be loaded with;
    ``model_context_tokens`` is the longest it was trained with. ``path`` is empty where it is not here.
    ``calibration`` is empty where nothing was measured."""

    id: str
    name: str
    base: str
    repo: str
    revision: str
    path: str
    license: str
    sha256: str
    bytes: int
    architecture: str
    parameters: int
    quantization: str
    template: str
    model_context_tokens: int
    context_tokens: int
    notice: str
    memory_bytes: int
    calibration: dict[str, Any] = field(default_factory=dict)


def about(model: str, settings: StudentSettings, store: ModelStore) -> About:
    """What is known of ``model``: an id, or the path of a GGUF file. Raises ModelError."""
    source = catalogue().get(model)
    installed = store.find(model)
    if source is not None and installed is None and model != EMBEDDED:
        return _to_be_had(source, settings)
    try:
        path = model_path(model)
    except ModelFileError as error:
        raise ModelError(str(error)) from None
    folder = calibrations_dir()
    header, known = header_of(path, folder), load_choice(path, folder)
    choice = choose(settings, Needs.of(header), known, available_bytes())
    origin = installed or source
    return About(
        id=model,
        name=origin.name if origin else header.name or path.stem,
        base=origin.base if origin else "",
        repo=origin.repo if origin else "",
        revision=origin.revision if origin else "",
        path=str(path),
        license=(origin.license if origin else header.license) or "not said",
        sha256=sha256(path, folder),
        bytes=path.stat().st_size,
        architecture=header.architecture,
        parameters=header.parameters,
        quantization=header.quantization,
        template=header.template,
        model_context_tokens=header.context_tokens,
        context_tokens=choice.context_tokens,
        notice=choice.notice,
        memory_bytes=header.weights_bytes + header.kv_bytes_per_token * choice.context_tokens,
        calibration=measured(choice, known) if known else {},
    )


def measured(choice: LoadChoice, known: Calibration) -> dict[str, Any]:
    """The figures of a calibration that a person wants to see, with how the model is loaded by it."""
    return {
        "threads": choice.threads,
        "batch": choice.batch,
        "quickest_threads": known.best.threads,
        "prefill_tokens_per_s": round(known.best.prefill_tokens_per_s, 1),
        "decode_tokens_per_s": round(known.best.decode_tokens_per_s, 1),
        "load_s": round(known.load_s, 2),
        "fitting_tokens": known.fitting_tokens,
        "memory_bytes": known.memory_bytes,
        "busy": known.busy,
        "quick": known.quick,
        "measured_at": known.measured_at,
    }


def _to_be_had(source: Source, settings: StudentSettings) -> About:
    context = min(settings.context_tokens, source.context_tokens)
    return About(
        id=source.id,
        name=source.name,
        base=source.base,
        repo=source.repo,
        revision=source.revision,
        path="",
        license=source.license,
        sha256=source.sha256,
        bytes=source.bytes,
        architecture="",
        parameters=0,
        quantization=source.quantization,
        template="",
        model_context_tokens=source.context_tokens,
        context_tokens=context,
        notice="",
        memory_bytes=source.memory_bytes(context),
    )
