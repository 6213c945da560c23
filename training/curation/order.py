"""What a curation job is asked for, and the job that carries it out.

Invariant: a job's specification holds no secret, and names every folder that the job reads or writes.
"""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from training.curation.base import CurationError
from training.curation.engine import Name
from training.curation.recipe import Recipe
from training.jobs.base import JobSpec
from training.jobs.inputs import fingerprints

KIND = "curate"
WORK = "training.curation.job:work"


class Order(BaseModel):
    """``log`` as ``training.events.open_log`` takes it. The folders are made where they are missing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    log: str
    datasets: Path
    products: Path
    cache: Path
    recipe: Recipe
    judged: tuple[Path, ...] = ()
    """What teachers said of decisions: files of ``teach grade`` and ``teach relabel``."""
    engine: Name = "local"
    """Where it is computed; the dataset is the same."""
    draft: bool = False
    """Whether nothing is published: what would be is shown, with all that it takes to judge it."""
    map: bool = False
    """Whether the decisions are put on a map; a draft always is."""


def job_of(order: Order) -> JobSpec:
    """Raises CurationError, JobError."""
    if "://" in order.log and urlsplit(order.log).password:
        raise CurationError(
            "the log's URL holds a password, which a job would keep; take it out, and set PGPASSWORD"
        )
    recipe = order.recipe
    chosen = f", {recipe.clusters} clusters" if recipe.clusters else ""
    what = "draft" if order.draft else "decisions"
    title = f"{what}, threshold {recipe.threshold:g}{chosen}"
    return JobSpec(KIND, title, WORK, order.model_dump(mode="json"), fingerprints(order.judged))
