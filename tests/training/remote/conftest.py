"""Remote runs under test: orders over small data, and a reporter that is cancelled when a test says so."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.training.finetune.tiny import call, talk
from tests.training.remote.servers import CustomTuner, OpenAITuner, Server
from training.datasets.example import to_line
from training.finetune.settings import FinetuneSettings
from training.jobs.journal import entries
from training.jobs.layout import JOURNAL
from training.jobs.reporting import JobReporter
from training.remote import starting
from training.remote.create import create_remote
from training.remote.job import carry_out
from training.remote.order import RemoteOrder, remote_order
from training.remote.settings import RemoteSettings

CANARY = "sk-canary-77aa01"


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of the test's own, no vocabulary from the network, and no waiting."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("FINETUNE_API_KEY", CANARY)
    monkeypatch.setattr("training.teachers.counting.vocabulary", lambda model: None)
    monkeypatch.setattr(starting, "SETTLE_S", 0.01)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    examples = [*(call(number) for number in range(10)), *(talk(number) for number in range(4))]
    (folder / "train.jsonl").write_bytes(b"".join(map(to_line, examples)))
    (folder / "validation.jsonl").write_bytes(to_line(call(90)) + to_line(talk(91)))
    return folder


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


class Bench:
    """A server, an order for it, and the folder of a job, which outlives each ``go``."""

    def __init__(self, server: Server, data: Path, folder: Path) -> None:
        self.server = server
        self.data = data
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def order(self, **given: Any) -> RemoteOrder:
        provider: Any = "openai" if isinstance(self.server, OpenAITuner) else "custom"
        place = RemoteSettings(**{f"{provider}_url": self.server.url}, poll_s=0.05)
        usual = {"base": "gpt-4.1-mini-2025-04-14", "settings": FinetuneSettings(epochs=2), "place": place}
        return remote_order(provider, self.data, **{**usual, **given})

    async def go(
        self, *, order: RemoteOrder | None = None, prepared: Callable[[JobReporter], None] | None = None
    ) -> Any:
        """One run of the job, in this process."""
        reporter = JobReporter(self.folder, {}, resumed=False)
        if prepared:
            prepared(reporter)
        asked = order or self.order()
        remote = create_remote(asked)
        try:
            return await carry_out(asked, remote, reporter)
        finally:
            reporter.flush()
            await remote.close()

    def cancelled_when_it_runs(self, reporter: JobReporter) -> None:
        async def wait() -> None:
            while not self.server.asked("GET jobs/ID"):
                await asyncio.sleep(0.01)
            reporter.cancel()

        self.waiting = asyncio.ensure_future(wait())

    def journal(self, what: str) -> list[dict[str, Any]]:
        return [entry for entry, _ in entries(self.folder / JOURNAL) if entry["what"] == what]

    def everything(self) -> str:
        """All text below the folder of the job."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return "\n".join(path.read_text("utf-8", "replace") for path in files)


@pytest.fixture
async def openai(stack: AsyncExitStack, data: Path, tmp_path: Path) -> Bench:
    return Bench(await stack.enter_async_context(OpenAITuner()), data, tmp_path / "job")


@pytest.fixture
async def custom(stack: AsyncExitStack, data: Path, tmp_path: Path) -> Bench:
    return Bench(await stack.enter_async_context(CustomTuner()), data, tmp_path / "job")
