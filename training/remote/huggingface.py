"""Machines of Hugging Face, rented by its jobs API: the data in a private repository, the run as a job of a
container, what it gave in another private repository.

Invariant: the job carries the run's tag as a label, by which it is found again, and ends by itself after
the minutes that its cost was worked out with. ``HF_TOKEN`` and ``HF_ENDPOINT`` mean what they mean to the
library; the token goes to the hub, there as a secret of the job, and nowhere else.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from training.models.base import ModelError
from training.models.hub import endpoint
from training.remote.base import Cost, News, Result, Sent, Standing, State
from training.remote.calls import ASK_S, CREATE_S, SEND_S, guarded
from training.remote.hub_files import bring_home, name_repo
from training.remote.order import RemoteOrder
from training.teachers.base import TeacherError
from training.teachers.failures import Refused, Where
from training.teachers.keys import Key

if TYPE_CHECKING:
    from huggingface_hub import HfApi, JobInfo

Found = TypeVar("Found")
LABEL = "apprentice_run"
IMAGE = "python:3.12"
MOUNT = "/data"
STAGES = {
    "SCHEDULING": State.WAITING,
    "COMPLETED": State.DONE,
    "ERROR": State.FAILED,
    "CANCELED": State.CANCELLED,
    "DELETED": State.CANCELLED,
}
_PER_MINUTE = {"second": 60.0, "minute": 1.0, "hour": 1 / 60}


class HuggingFaceJobs:
    """Fulfils ``Remote``. Raises TeacherError where there is no token, or HF_ENDPOINT is no address."""

    def __init__(self, order: RemoteOrder) -> None:
        self._order = order
        self._api, self._where = _hub(order)
        self.name = self._where.name
        self._owner = order.place.namespace

    async def upload(self, sent: Sent, tag: str) -> dict[str, str]:
        repo = f"{await self._namespace()}/{tag}"
        name_repo(sent.files["order"], repo)
        folder = sent.files["training"].parent

        def push() -> None:
            self._api.create_repo(repo, private=True, repo_type="dataset", exist_ok=True)
            self._api.create_repo(repo, private=True, exist_ok=True)
            self._api.upload_folder(
                repo_id=repo, repo_type="dataset", folder_path=folder, commit_message="What the run is sent"
            )

        await self._ask(push, SEND_S)
        return {"repo": repo}

    async def find(self, tag: str) -> str:
        namespace = await self._namespace()

        def look() -> str:
            for job in self._api.list_jobs(namespace=namespace, labels={LABEL: tag}):
                if (job.labels or {}).get(LABEL) == tag:
                    return job.id
            return ""

        return await self._ask(look)

    async def create(self, tag: str, uploaded: Mapping[str, str]) -> str:
        from huggingface_hub import Volume

        namespace, place = await self._namespace(), self._order.place

        def begin() -> str:
            return self._api.run_job(
                image=IMAGE,
                command=["python", f"{MOUNT}/run.py"],
                secrets={"HF_TOKEN": self._where.key.reveal()},
                flavor=place.hardware,
                timeout=place.minutes * 60,
                labels={LABEL: tag},
                volumes=[Volume(type="dataset", source=uploaded["repo"], mount_path=MOUNT)],
                namespace=namespace,
            ).id

        return await self._ask(begin, CREATE_S)

    async def look(self, run: str) -> Standing:
        status = (await self._job(run)).status
        stage = str(getattr(status.stage, "value", status.stage))
        return Standing(STAGES.get(stage, State.RUNNING), message=self._where.line(status.message or stage))

    async def news(self, run: str, after: str) -> Sequence[News]:
        """New lines of its log, numbered. A log that cannot be read now is read at the next look."""
        namespace, seen = await self._namespace(), int(after or 0)
        try:
            lines = await self._ask(
                lambda: list(self._api.fetch_job_logs(job_id=run, namespace=namespace, follow=False))
            )
        except TeacherError:
            return ()
        numbered = list(enumerate(lines, 1))[seen:]
        return [News(str(number), self._where.line(line)) for number, line in numbered if line.strip()]

    async def cancel(self, run: str) -> None:
        namespace = await self._namespace()
        await self._ask(lambda: self._api.cancel_job(job_id=run, namespace=namespace), CREATE_S)

    async def fetch(self, run: str, folder: Path) -> Result:
        repo = f"{await self._namespace()}/{await self._tag(run)}"
        await self._ask(lambda: self._api.snapshot_download(repo, local_dir=folder), SEND_S)
        shutil.rmtree(folder / ".cache", ignore_errors=True)
        await asyncio.to_thread(bring_home, self._order, folder)
        seconds = getattr((await self._job(run)).durations, "running_secs", None)
        price = await _per_minute(self._api, self._where, self._order.place.hardware)
        return Result(
            model=repo,
            cost_usd=None if seconds is None or price is None else seconds / 60 * price,
            said="prove it: apprentice train export {files}",
            facts={"job": run, "repository": f"{endpoint()}/{repo}", "seconds": seconds},
        )

    async def close(self) -> None:
        """The library keeps its own connections."""

    async def _tag(self, run: str) -> str:
        tag = ((await self._job(run)).labels or {}).get(LABEL)
        if not tag:
            raise TeacherError(f"{self.name}: the job {run} has lost its label {LABEL}")
        return str(tag)

    async def _job(self, run: str) -> "JobInfo":
        namespace = await self._namespace()
        return await self._ask(lambda: self._api.inspect_job(job_id=run, namespace=namespace))

    async def _namespace(self) -> str:
        if not self._owner:
            self._owner = str((await self._ask(self._api.whoami))["name"])
        return self._owner

    async def _ask(self, work: Callable[[], Found], limit_s: float = ASK_S) -> Found:
        return await asked(self._where, work, limit_s)


async def cost_of_time(order: RemoteOrder) -> Cost:
    """All the minutes that the run may take, at the price that the hub says now. Raises TeacherError."""
    api, where = _hub(order)
    place = order.place
    price = await _per_minute(api, where, place.hardware)
    usd = None if price is None else price * place.minutes
    said = "no price" if price is None else f"${price:.4f} a minute"
    return Cost(usd, usd, f"{place.hardware} for all of its {place.minutes} minutes, {said} by the hub today")


async def _per_minute(api: "HfApi", where: Where, hardware: str) -> float | None:
    """Dollars. Raises TeacherError where the hub has no such machine."""
    known = {one.name: one for one in await asked(where, api.list_jobs_hardware)}
    if hardware not in known:
        raise TeacherError(
            f"{where.name} has no {hardware}; remote.hardware may be {', '.join(sorted(known))}"
        )
    factor = _PER_MINUTE.get(known[hardware].unit_label)
    return None if factor is None else known[hardware].unit_cost_usd * factor


def _hub(order: RemoteOrder) -> "tuple[HfApi, Where]":
    try:
        address = endpoint()  # the library cannot even be imported with one that it cannot read
    except ModelError as error:
        raise TeacherError(str(error)) from None
    from huggingface_hub import HfApi, get_token

    token = get_token()
    if not token:
        raise TeacherError(
            "Hugging Face needs a token: export HF_TOKEN=hf_..., one that may write and run jobs"
        )
    where = Where("Hugging Face", order.base, Key(token, "HF_TOKEN"))
    return HfApi(endpoint=address, token=token, library_name="apprentice"), where


async def asked(where: Where, work: Callable[[], Found], limit_s: float = ASK_S) -> Found:
    """``work`` of the library, in a thread. Raises TeacherError."""
    from huggingface_hub.errors import HfHubHTTPError

    def done() -> Found:
        try:
            return work()
        except HfHubHTTPError as error:
            response = error.response
            raise Refused(response.status_code, where.line(error.server_message), response.headers) from None

    return await guarded(where, lambda: asyncio.to_thread(done), limit_s)
