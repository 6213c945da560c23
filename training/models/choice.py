"""How a model is loaded: what the settings wish, what the calibration found, what fits now.

Invariant: nothing is made smaller in silence; ``notice`` says it wherever the context is not the model's own.
"""

from dataclasses import dataclass
from pathlib import Path

from training.models.calibration import Calibration, load_choice
from training.models.memory import available_bytes, fitting_context
from training.student.settings import StudentSettings

LEAST_CONTEXT = 512
MOST_THREADS = 8
"""More do not help small models, where nothing was measured."""
USUAL_BATCH = 512


@dataclass(frozen=True)
class LoadChoice:
    """``notice`` is empty where the whole context of the model is used, or where nothing is known of it."""

    context_tokens: int
    threads: int
    batch: int
    notice: str


def choose(
    settings: StudentSettings, known: Calibration | None, *, available: int | None, cores: int
) -> LoadChoice:
    """How to load a model with that calibration, where ``available`` bytes of memory are left."""
    threads = settings.threads or min(cores, MOST_THREADS)
    if known is None:
        return LoadChoice(settings.context_tokens, threads, USUAL_BATCH, "")
    if not settings.threads and not known.busy:
        threads = known.best.threads
    longest = known.model_context_tokens
    wished = min(settings.context_tokens, longest)
    fitting = fitting_context(available, known.weights_bytes, known.kv_bytes_per_token, longest)
    context = max(LEAST_CONTEXT, min(wished, fitting))
    batch = USUAL_BATCH if known.busy else known.best.batch
    return LoadChoice(context, threads, batch, _notice(context, wished, longest))


def _notice(context: int, wished: int, longest: int) -> str:
    if context < wished:
        return f"a context of {context:,} tokens, because {wished:,} do not fit in the memory that is left"
    if context < longest:
        return f"a context of {context:,} tokens of the model's {longest:,}; student.context_tokens sets it"
    return ""


def choice_for(path: Path, settings: StudentSettings, cores: int, folder: Path | None = None) -> LoadChoice:
    """How to load the file at ``path`` here and now. Reads no model."""
    return choose(settings, load_choice(path, folder), available=available_bytes(), cores=cores)
