"""How a model is loaded: what the settings wish, what the calibration found, what fits now.

Invariant: nothing is made smaller in silence; ``notice`` says it wherever the context is not the model's own.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from training.models.base import ModelError
from training.models.calibrating import QUICK, calibrate
from training.models.calibration import Calibration, calibrations_dir, cores, load_choice
from training.models.files import header
from training.models.header import Header
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
    notice: str = ""


def choose(
    settings: StudentSettings, model: Header | None, known: Calibration | None, available: int | None
) -> LoadChoice:
    """How to load a model with that header and that calibration, where ``available`` bytes are left."""
    threads, batch = settings.threads or min(cores(), MOST_THREADS), USUAL_BATCH
    if known is not None and not known.busy:
        threads, batch = settings.threads or known.best.threads, known.best.batch
    if model is None or not model.context_tokens:
        return LoadChoice(settings.context_tokens, threads, batch)
    longest = model.context_tokens
    wished = min(settings.context_tokens, longest)
    fitting = fitting_context(available, model.weights_bytes, model.kv_bytes_per_token, longest)
    context = max(LEAST_CONTEXT, min(wished, fitting))
    return LoadChoice(context, threads, batch, _notice(context, wished, longest))


def _notice(context: int, wished: int, longest: int) -> str:
    if context < wished:
        return f"a context of {context:,} tokens, because {wished:,} do not fit in the memory that is left"
    if context < longest:
        return f"a context of {context:,} tokens of the model's {longest:,}; student.context_tokens sets it"
    return ""


async def first_load(path: Path, settings: StudentSettings, folder: Path | None = None) -> LoadChoice:
    """How to load the file at ``path`` here and now. What was not measured yet is measured first.

    A file that cannot be measured is loaded as the settings say: the load tells what is wrong with it.
    """
    folder = folder or calibrations_dir()
    known, model = load_choice(path, folder), None
    try:
        model = await asyncio.to_thread(header, path, folder)
        known = known or await calibrate(path, settings.context_tokens, QUICK, folder=folder)
    except ModelError:
        pass
    return choose(settings, model, known, available_bytes())
