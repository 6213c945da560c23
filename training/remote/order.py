"""What a remote run is asked for. It holds no secret: a key is named by its variable.

Invariant: what was asked for does not change with settings, prompts or files later, and what it may cost was
worked out from these very files.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.protocol.messages import Prompt
from training.finetune.order import prompt_text
from training.finetune.preparation import DataFiles, data_files
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError, JobSpec
from training.jobs.inputs import fingerprints
from training.remote.base import ProviderName
from training.remote.settings import RemoteSettings
from training.student.base import StudentError
from training.student.prompt import parse_prompt

KIND = "remote"
WORK = "training.remote.job:work"
TAKEN: dict[str, frozenset[str]] = {
    "openai": frozenset({"epochs", "batch", "seed", "validation_share", "validation_most"}),
}
"""The settings of a run that a provider takes; one that is not named here takes all."""


class RemoteOrder(BaseModel):
    """All that a run depends on, beside the program and the provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: ProviderName
    name: str
    base: str
    training: Path
    validation: Path | None = None
    prompt: str
    """TOML."""
    prompt_name: str = "general"
    settings: FinetuneSettings = Field(default_factory=FinetuneSettings)
    place: RemoteSettings = Field(default_factory=RemoteSettings)
    prices: str = ""
    """Path of the person's own prices."""
    max_cost_usd: float | None = None
    at_most_usd: float | None = None
    """What it may cost, as it was worked out before it was started; None where nobody knows."""
    digests: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of the files of data, by path."""

    @property
    def files(self) -> DataFiles:
        return DataFiles(self.training, self.validation)

    def parsed_prompt(self) -> Prompt:
        """Raises JobError."""
        try:
            return parse_prompt(self.prompt, self.prompt_name)
        except StudentError as error:
            raise JobError(str(error)) from None

    def check_budget(self) -> None:
        """Raises JobError where it could cost more than it may."""
        if self.max_cost_usd is None:
            return
        if self.at_most_usd is None:
            raise JobError(
                f"what it costs is not known, so it cannot be kept below ${self.max_cost_usd:.2f}; leave out "
                "--max-cost, or add the price of training to the file that teachers.prices names"
            )
        if self.at_most_usd > self.max_cost_usd:
            raise JobError(
                f"it could cost ${self.at_most_usd:.2f}, more than the budget of ${self.max_cost_usd:.2f} "
                "(--max-cost, teachers.max_cost_usd); nothing was sent"
            )


def remote_order(
    provider: ProviderName,
    data: Path,
    *,
    base: str,
    prompt: str = "general",
    name: str = "",
    settings: FinetuneSettings,
    place: RemoteSettings,
    prices: str = "",
    max_cost_usd: float | None = None,
) -> RemoteOrder:
    """What is meant by a folder or file of examples and a base. Raises JobError."""
    files = data_files(data.expanduser())
    taken = TAKEN.get(provider, frozenset(FinetuneSettings.model_fields))
    if not_taken := sorted(settings.model_fields_set - taken):
        raise JobError(
            f"{provider} does not take {', '.join(not_taken)}; it takes {', '.join(sorted(taken))}"
        )
    if not settings.epochs:
        raise JobError("epochs 0 trains nothing; there is nothing to send")
    if provider == "openai" and settings.epochs != int(settings.epochs):
        raise JobError(f"OpenAI trains whole passes; --epochs {settings.epochs:g} is none")
    if provider != "huggingface" and base == "embedded":
        raise JobError(f"name the model that {provider} is to tune: --base NAME")
    made = RemoteOrder(
        provider=provider,
        name=name or data.absolute().name.removesuffix(".jsonl"),
        base=base,
        training=files.training,
        validation=files.validation,
        prompt=prompt_text(prompt),
        prompt_name=prompt,
        settings=settings,
        place=place,
        prices=prices,
        max_cost_usd=max_cost_usd,
        digests=fingerprints(files.all()),
    )
    made.parsed_prompt()
    return made


def job_of(made: RemoteOrder) -> JobSpec:
    """The job that carries it out. It takes a turn at nothing: the work is done elsewhere."""
    arguments: dict[str, Any] = made.model_dump(mode="json", exclude={"settings"})
    arguments["settings"] = made.settings.model_dump(mode="json", exclude_unset=True)
    return JobSpec(KIND, f"{made.name}: {made.base} at {made.provider}", WORK, arguments, made.digests)
