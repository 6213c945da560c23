"""What an export is asked for: a run, the form of the student, the quantisation."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from training.export.naming import ExportError
from training.export.quantise import Quantisation
from training.export.source import Run, read_run
from training.finetune.outputs import RUN
from training.jobs.base import JobError, JobSpec
from training.jobs.inputs import fingerprints
from training.models.settings import LEAST_DECISIONS

WORK = "training.export.job:work"

Form = Literal["adapter", "merged"]


class ExportOrder(BaseModel):
    """``registry`` is the folder of the registry that the student is put into; None for none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: Path
    name: str
    form: Form
    quantisation: Quantisation | None = None
    """Of a merged student, the first that is tried; None for the smallest that suits the base."""
    most_ids: int = Field(default=12_000, ge=1)
    """How many ids of held-out examples, prompts included, a file is judged on that is in doubt by half of
    them; the half holds so many that one decision is less than the percent by which decisions may fall."""
    least_decisions: int = Field(default=LEAST_DECISIONS, ge=1)
    """Held-out decisions without which nothing is proved."""
    registry: Path | None = None


def export_order(
    folder: Path,
    *,
    name: str = "",
    form: Form | None = None,
    quantisation: Quantisation | None = None,
    registry: Path | None = None,
    least_decisions: int = LEAST_DECISIONS,
) -> ExportOrder:
    """An export of the run in ``folder``: of its adapter, or where all weights were trained of all of them.

    Raises JobError.
    """
    run = _run(folder)
    if run.whole and form == "adapter":
        raise JobError(f"{folder}: all weights were trained, so there is no adapter; export it merged")
    chosen: Form = form or ("merged" if run.whole or quantisation else "adapter")
    if chosen == "adapter" and quantisation:
        raise JobError("an adapter is not quantised; export it merged, or without a quantisation")
    return ExportOrder(
        run=run.folder,
        name=name or run.order.name,
        form=chosen,
        quantisation=quantisation,
        least_decisions=least_decisions,
        registry=registry,
    )


def export_job(order: ExportOrder) -> JobSpec:
    """The job that carries it out. Raises JobError."""
    run = _run(order.run)
    arguments: dict[str, Any] = order.model_dump(mode="json")
    what = "adapter" if order.form == "adapter" else f"merged, {order.quantisation or 'as it suits'}"
    inputs = fingerprints([run.weights, run.prompt, run.folder / RUN])
    return JobSpec("export", f"{order.name}: {what}", WORK, arguments, inputs, "cpu")


def _run(folder: Path) -> Run:
    try:
        return read_run(folder)
    except ExportError as error:
        raise JobError(str(error)) from None
