"""OpenAI's fine-tuning API over the official SDK: files, a job with its events, a model that is served.

Invariant: the run's tag is in the job's metadata, by which it is found again. Of what the server sends only
what has the right shape is taken, because the SDK does not check it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.remote.base import News, Result, Sent, Standing, State
from training.remote.calls import CREATE_S, SEND_S, guarded
from training.remote.costs import openai_price
from training.remote.order import RemoteOrder
from training.teachers.base import Passing, ProviderConfig, TeacherError
from training.teachers.connection import address, connection
from training.teachers.failures import Where
from training.teachers.keys import find_key
from training.teachers.openai_api import NO_KEY, USUAL_ADDRESS

if TYPE_CHECKING:
    pass

TAG = "apprentice_run"
LISTED = 50
"""News at a look; what was missed is not worth more."""
STATES = {
    "validating_files": State.WAITING,
    "queued": State.WAITING,
    "succeeded": State.DONE,
    "failed": State.FAILED,
    "cancelled": State.CANCELLED,
}
_FIGURES = {"train_loss": "loss", "valid_loss": "validation_loss", "full_valid_loss": "validation_loss"}


def config_of(order: RemoteOrder) -> ProviderConfig:
    return ProviderConfig("openai", order.base, order.place.openai_url, concurrency=2)


class OpenAITuning:
    """Fulfils ``Remote``. Raises TeacherError where the key is missing or the address is none."""

    def __init__(self, order: RemoteOrder) -> None:
        from openai import AsyncOpenAI

        config = config_of(order)
        self._order = order
        self._url = address(config, USUAL_ADDRESS)
        key = find_key(config)
        self.name = config.base_url or "OpenAI"
        self._where = Where(self.name, order.base, key)
        self._client: AsyncOpenAI = AsyncOpenAI(
            api_key=key.reveal() or NO_KEY,
            base_url=self._url,
            max_retries=0,
            http_client=connection(config, self._url),
        )

    async def upload(self, sent: Sent, tag: str) -> dict[str, str]:
        return {what: await self._upload(path, f"{tag}-{path.name}") for what, path in sent.files.items()}

    async def _upload(self, path: Path, name: str) -> str:
        with path.open("rb") as file:
            made = await guarded(
                self._where,
                lambda: self._client.files.create(file=(name, file), purpose="fine-tune", timeout=SEND_S),
                SEND_S,
            )
        return self._id(made, "a file")

    async def find(self, tag: str) -> str:
        async def look() -> str:
            async for job in self._client.fine_tuning.jobs.list(metadata={TAG: tag}, limit=LISTED):
                known = getattr(job, "metadata", None)
                if isinstance(known, dict) and known.get(TAG) == tag:
                    return self._id(job, "a run")
            return ""

        return await guarded(self._where, look)

    async def create(self, tag: str, uploaded: Mapping[str, str]) -> str:
        settings = self._order.settings
        figures: dict[str, Any] = {"n_epochs": max(1, int(settings.epochs))}
        if "batch" in settings.model_fields_set:
            figures["batch_size"] = settings.batch
        given: dict[str, Any] = {
            "model": self._order.base,
            "training_file": uploaded["training"],
            "suffix": _suffix(self._order.name),
            "seed": settings.seed,
            "metadata": {TAG: tag},
            "method": {"type": "supervised", "supervised": {"hyperparameters": figures}},
        }
        if "validation" in uploaded:
            given["validation_file"] = uploaded["validation"]
        made = await guarded(self._where, lambda: self._client.fine_tuning.jobs.create(**given), CREATE_S)
        return self._id(made, "a run")

    async def look(self, run: str) -> Standing:
        job = await self._job(run)
        status = str(getattr(job, "status", ""))
        problem = getattr(job, "error", None)
        said = self._where.line(getattr(problem, "message", "")) if problem else ""
        return Standing(STATES.get(status, State.RUNNING), message=said or status)

    async def news(self, run: str, after: str) -> Sequence[News]:
        page = await guarded(
            self._where, lambda: _page(self._client.fine_tuning.jobs.list_events(run, limit=LISTED))
        )
        found: list[News] = []
        for event in page:
            if str(getattr(event, "id", "")) == after:
                break
            found.append(self._news(event))
        return found[::-1]

    def _news(self, event: Any) -> News:
        data = getattr(event, "data", None)
        given = data if isinstance(data, dict) and getattr(event, "type", "") == "metrics" else {}
        figures = {name: value for name, value in given.items() if isinstance(value, int | float)}
        metrics = {_FIGURES[name]: value for name, value in figures.items() if name in _FIGURES}
        if metrics and "step" in figures:
            metrics["step"] = figures["step"]
        text = "" if metrics else self._where.line(getattr(event, "message", ""))
        return News(str(getattr(event, "id", "")), text, metrics, figures.get("total_steps"))

    async def cancel(self, run: str) -> None:
        await guarded(self._where, lambda: self._client.fine_tuning.jobs.cancel(run))

    async def fetch(self, run: str, folder: Path) -> Result:
        job = await self._job(run)
        model = str(getattr(job, "fine_tuned_model", "") or "")
        if not model:
            raise TeacherError(f"{self.name} says that {run} succeeded and names no model; resume it later")
        for number, file in enumerate(getattr(job, "result_files", None) or ()):
            (folder / f"results-{number + 1}.csv").write_bytes(await self._content(str(file)))
        tokens = getattr(job, "trained_tokens", None)
        cost = openai_price(self._order).cost_of(tokens) if isinstance(tokens, int) else None
        facts = {
            "job": run,
            "trained_tokens": tokens,
            "files": list(getattr(job, "result_files", None) or ()),
        }
        return Result(model, self._url, cost, facts=facts)

    async def close(self) -> None:
        await self._client.close()

    async def _content(self, file: str) -> bytes:
        found = await guarded(self._where, lambda: self._client.files.content(file))
        return found.content

    async def _job(self, run: str) -> Any:
        return await guarded(self._where, lambda: self._client.fine_tuning.jobs.retrieve(run))

    def _id(self, made: Any, what: str) -> str:
        found = getattr(made, "id", None)
        if not isinstance(found, str) or not found:
            raise Passing(f"{self.name} gave {what} without an id", billed=True)
        return found


async def _page(asked: Any) -> list[Any]:
    """The first page of a list, the newest first."""
    return list((await asked).data or ())


def _suffix(name: str) -> str:
    """Of the model's name: letters, digits and hyphens, as OpenAI takes them."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    return kept.strip("-")[:40] or "apprentice"
