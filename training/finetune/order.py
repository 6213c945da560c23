"""What a fine-tuning job is asked for: data, base, prompt, settings.

Invariant: a job that was asked for does not change with what happens to settings, prompts or files later: the
prompt is kept by its text, and of the files the digests.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.protocol.messages import Prompt
from training.finetune import four_bits
from training.finetune.installed import check_installed
from training.finetune.outputs import WEIGHTS
from training.finetune.preparation import DataFiles, data_files
from training.finetune.settings import METHODS, FinetuneSettings
from training.jobs.base import JobError, JobSpec, Resource
from training.jobs.inputs import fingerprints
from training.student.base import StudentError
from training.student.gguf import ModelFileError, check_model_file, model_path
from training.student.prompt import parse_prompt, shipped_text

WORK = "training.finetune.job:work"


class Order(BaseModel):
    """All that a run depends on, beside the program itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    training: Path
    validation: Path | None = None
    base: str = "embedded"
    """As it was named: ``embedded``, a model that was pulled, or a path."""
    base_path: Path
    prompt: str
    """TOML."""
    prompt_name: str = "tuned"
    start: Path | None = None
    """The weights of an adapter that the run goes on from, PEFT's or a GGUF; None for a new one."""
    settings: FinetuneSettings = Field(default_factory=FinetuneSettings)
    digests: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of the files of data and of the base, by path."""

    @property
    def files(self) -> DataFiles:
        return DataFiles(self.training, self.validation)

    def parsed_prompt(self) -> Prompt:
        """Raises JobError."""
        try:
            return parse_prompt(self.prompt, self.prompt_name)
        except StudentError as error:
            raise JobError(str(error)) from None


def order(
    data: Path,
    *,
    base: str = "embedded",
    prompt: str = "tuned",
    name: str = "",
    start: Path | None = None,
    settings: FinetuneSettings,
    here: bool = True,
) -> Order:
    """What is meant by a folder or file, a model and a prompt (its path, or a shipped one's name).

    ``start`` is the outputs of an earlier run, or an adapter GGUF, that is trained further. ``here`` says
    that this machine carries it out. Raises JobError, also where this machine cannot.
    """
    if here:
        check_installed()
        if settings.method == "qlora" and (problem := four_bits.problem()):
            raise JobError(problem)
    files = data_files(data.expanduser())
    try:
        base_path = model_path(base)
        check_model_file(base_path)
    except ModelFileError as error:
        raise JobError(str(error)) from None
    if not settings.epochs and not start:
        raise JobError("epochs 0 hands over what a run goes on from; name that with --from")
    weights = _start_weights(start, settings) if start else None
    made = Order(
        name=name or data.absolute().name.removesuffix(".jsonl"),
        training=files.training,
        validation=files.validation,
        base=base,
        base_path=base_path,
        prompt=prompt_text(prompt),
        prompt_name=prompt,
        start=weights,
        settings=settings,
        digests=fingerprints([*files.all(), base_path, *([weights] if weights else [])]),
    )
    made.parsed_prompt()
    return made


def job_of(made: Order, resource: Resource = "cpu") -> JobSpec:
    """The job that carries it out."""
    arguments: dict[str, Any] = made.model_dump(mode="json")
    title = f"{made.name}: {METHODS[made.settings.method]} on {made.base}"
    return JobSpec("finetune", title, WORK, arguments, made.digests, resource)


def _start_weights(run: Path, settings: FinetuneSettings) -> Path:
    folder = run.expanduser().absolute()
    if folder.suffix == ".gguf" and folder.is_file():
        return folder
    adapter, whole = (folder / name for name in WEIGHTS.values())
    if adapter.is_file():
        return adapter
    if not whole.is_file():
        raise JobError(f"{run} has neither {' nor '.join(WEIGHTS.values())}; give a run that ended")
    if settings.method != "full":
        raise JobError(f"{run} trained all weights, which no adapter goes on from; add --method full")
    return whole


def prompt_text(name: str) -> str:
    """The TOML of a prompt: its path, or a shipped one's name. Raises JobError."""
    try:
        if name.endswith(".toml") or "/" in name:
            return Path(name).expanduser().read_text("utf-8")
        return shipped_text(name)
    except FileNotFoundError:
        raise JobError(
            f"there is no prompt {name}; give the path of a TOML file, or reading, tuned, small or general"
        ) from None
    except UnicodeDecodeError:
        raise JobError(f"the prompt {name} is not UTF-8") from None
    except OSError as error:
        raise JobError(f"the prompt {name} cannot be read: {error.strerror}") from None
