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
from training.models.measure import is_busy
from training.models.memory import available_bytes, fitting_context
from training.student.settings import StudentSettings

LEAST_CONTEXT = 512
MOST_THREADS = 8
"""More do not help small models, where nothing was measured."""


@dataclass(frozen=True)
class LoadChoice:
    """``batch`` is how many tokens are computed at once, 0 where the engine knows best; ``notice`` is empty
    where the whole context of the model is used, or where nothing is known of it."""

    context_tokens: int
    threads: int
    batch: int
    notice: str = ""


@dataclass(frozen=True)
class Needs:
    """What decides how much context fits: the longest there is, the weights, and what a token takes."""

    context_tokens: int
    weights_bytes: int
    kv_bytes_per_token: int

    @classmethod
    def of(cls, found: Header | Calibration) -> "Needs":
        longest = found.context_tokens if isinstance(found, Header) else found.model_context_tokens
        return cls(longest, found.weights_bytes, found.kv_bytes_per_token)


def choose(
    settings: StudentSettings, needs: Needs | None, known: Calibration | None, available: int | None
) -> LoadChoice:
    """How to load a model with those needs and that calibration, where ``available`` bytes are left."""
    threads, batch = settings.threads or min(cores(), MOST_THREADS), 0
    if known is not None and not known.busy:
        threads, batch = settings.threads or known.best.threads, known.best.batch
    if needs is None or not needs.context_tokens:
        return LoadChoice(settings.context_tokens, threads, batch)
    longest = needs.context_tokens
    wished = min(settings.context_tokens, longest)
    fitting = fitting_context(available, needs.weights_bytes, needs.kv_bytes_per_token, longest)
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

    A busy machine is not measured, it would show what the others leave. A file that cannot be measured is
    loaded as the settings say: the load tells what is wrong with it.
    """
    folder = folder or calibrations_dir()
    known = load_choice(path, folder)
    try:
        if known is None and not is_busy(cores()):
            known = await calibrate(path, settings.context_tokens, QUICK, folder=folder)
    except ModelError:
        known = None
    try:
        needs = Needs.of(known if known else await asyncio.to_thread(header, path, folder))
    except ModelError:
        needs = None
    return choose(settings, needs, known, available_bytes())
