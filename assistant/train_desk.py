"""A fine-tuning as a person asks for it: on which data, which base, what it will take; then it is a job.

Invariant: nothing starts that was not estimated as it stands in the form.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.train_wanted import estimated, pairs, settings_of
from training.datasets.manifest import TRAIN
from training.jobs.base import Job, JobError, JobState

if TYPE_CHECKING:
    from training.datasets.manifest import DatasetManifest
    from training.finetune.bases import Base
    from training.finetune.estimate import Estimate
    from training.finetune.order import Order
    from training.finetune.probe import Machine
    from training.jobs.store import Jobs

FINETUNE, GENERATE = "finetune", "generate"


@dataclass(frozen=True)
class TrainForm:
    """What a person writes, as it is written. ``settings`` are further ones, ``NAME=VALUE`` each; ``start``
    is the student, or the run, whose adapter is trained further, empty for a new one.
    """

    data: str = ""
    base: str = "embedded"
    name: str = ""
    epochs: str = "1"
    method: str = "lora"
    settings: str = ""
    start: str = ""


@dataclass(frozen=True)
class Choice:
    """A value of a field, and what is to be known of it."""

    value: str
    columns: tuple[str, ...]


@dataclass
class TrainDesk:
    """For one person. ``workspace`` is what a relative path of data is below."""

    jobs: "Jobs"
    workspace: Path
    measure: "Callable[[Order], Estimate]" = estimated
    probe: "Callable[[], Machine] | None" = None
    """What this machine computes; None measures it."""
    _agreed: dict[TrainForm, "Order"] = field(default_factory=dict)

    def newest(self) -> TrainForm:
        """The form of the newest run; where there was none, what serves learns from the newest dataset."""
        job = next((job for job in self.jobs.all() if job.spec.kind == FINETUNE), None)
        if job is not None:
            return _form_of(job)
        data = next((choice.value for choice in self.data()), "")
        return TrainForm(data=data, start=self._serving())

    def starts(self) -> list[Choice]:
        """The students whose adapter can be trained further. Raises RegistryError."""
        from training.registry.serving import own_registry

        found = [one for one in own_registry().all() if one.adapter is not None]
        return [Choice(one.id, (one.id, one.name, one.state.value)) for one in found]

    def _serving(self) -> str:
        """The student that serves, where it is an adapter over the embedded base."""
        from training.models.catalogue import EMBEDDED
        from training.registry.serving import own_registry

        found = own_registry().deployed()
        if found is None or found.adapter is None or found.manifest.base.model != EMBEDDED:
            return ""
        return found.id

    def data(self) -> list[Choice]:
        """The datasets, newest first, then examples that teachers made, and what was trained on before."""
        from training.datasets.store import DatasetStore

        found = {one.id: ("dataset", *_facts(one)) for one in DatasetStore().all()}
        jobs = self.jobs.all()
        for job in (one for one in jobs if one.spec.kind == GENERATE and one.state == JobState.DONE):
            folder = Path(str(job.spec.arguments.get("folder", "")))
            if (folder / TRAIN).is_file():
                found.setdefault(str(folder), ("examples", "", str(folder)))
        for job in (one for one in jobs if one.spec.kind == FINETUNE):
            path = _data_of(job)
            if path.exists():
                found.setdefault(str(path), ("of a run", "", str(path)))
        return [Choice(value, columns) for value, columns in found.items()]

    def bases(self) -> list[Choice]:
        """What can be tuned on this machine, which is measured for a moment. Raises JobError, ModelError."""
        from training.finetune.bases import bases
        from training.finetune.installed import check_installed
        from training.finetune.probe import probe
        from training.models.store import ModelStore

        check_installed()
        machine = (self.probe or probe)()
        return [Choice(one.id, _base_columns(one)) for one in bases(machine, ModelStore())]

    def estimate(self, form: TrainForm) -> "Estimate":
        """What a run by this form takes. Raises JobError, ModelError, RegistryError."""
        asked = self._order(form)
        found = self.measure(asked)
        self._agreed = {form: asked}
        return found

    def was_estimated(self, form: TrainForm) -> bool:
        return form in self._agreed

    def start(self, form: TrainForm) -> Job:
        """Begin what was estimated. Raises JobError, also where the data changed since."""
        from training.finetune.order import job_of

        return self.jobs.submit(job_of(self._agreed[form]))

    def _order(self, form: TrainForm) -> "Order":
        from assistant.cli.runs import start_of
        from training.finetune.order import order

        data = form.data.strip()
        if not data:
            raise JobError("data: name a dataset or a file; Down in the field shows what there is")
        below = self.workspace / Path(data).expanduser()
        wanted = {
            "epochs": form.epochs.strip(),
            "method": form.method.strip(),
            **pairs(form.settings.split()),
        }
        return order(
            below if below.exists() else Path(data),
            base=form.base.strip() or "embedded",
            name=form.name.strip(),
            start=start_of(form.start.strip()) if form.start.strip() else None,
            settings=settings_of({name: value for name, value in wanted.items() if value}),
        )


def _form_of(job: Job) -> TrainForm:
    """As the job was asked for; of its settings those that are not the defaults."""
    asked = job.spec.arguments
    settings: dict[str, Any] = dict(asked.get("settings", {}))
    from training.finetune.settings import FinetuneSettings

    usual = FinetuneSettings().model_dump()
    epochs, method = settings.pop("epochs", 1), settings.pop("method", "lora")
    others = [f"{name}={value}" for name, value in settings.items() if value != usual.get(name)]
    return TrainForm(
        data=str(_data_of(job)),
        base=str(asked.get("base", "embedded")),
        name=str(asked.get("name", "")),
        epochs=f"{epochs:g}",
        method=str(method),
        settings=" ".join(others),
        start=_start_of(asked.get("start")),
    )


def _start_of(path: str | None) -> str:
    """The student that the adapter at ``path`` is of, by its id; else the path."""
    if not path:
        return ""
    from training.registry.serving import own_registry

    known = {str(one.adapter): one.id for one in own_registry().all()}
    return known.get(path, path)


def _data_of(job: Job) -> Path:
    """The folder or the file of examples that a run was asked for with."""
    training = Path(str(job.spec.arguments.get("training", "")))
    return training.parent if training.name == TRAIN else training


def _facts(one: "DatasetManifest") -> tuple[str, str]:
    return f"{one.examples:,} examples", f"{one.created[:16].replace('T', ' ')}  {one.id}"


def _base_columns(base: "Base") -> tuple[str, ...]:
    """Its id, how it may be tuned, or why it cannot be."""
    from assistant.train_text import gigabytes

    name = base.id if base.here else f"{base.id} (to be pulled)"
    if base.problem:
        return name, "", base.problem
    ways = [
        f"{way.method} {gigabytes(way.memory_bytes)}" + ("" if way.fits else " (too much)")
        for way in base.ways
    ]
    return name, f"{base.parameters / 1e6:,.0f} M", ", ".join(ways)
