"""Runs on machines of Hugging Face, by its own library against a hub on loopback."""

import asyncio
import json
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.training.remote.conftest import Bench
from tests.training.remote.hub_server import TOKEN, HubServer
from tests.training.teachers.servers.http import hang_up, reply
from training.export.source import read_run
from training.finetune.settings import FinetuneSettings
from training.jobs.base import Cancelled, JobError
from training.models.digest import sha256_of_file
from training.remote import on_hub
from training.remote.create import cost
from training.remote.hub_files import base_path
from training.remote.order import RemoteOrder, remote_order
from training.remote.settings import RemoteSettings
from training.teachers.base import TeacherError

pytestmark = pytest.mark.slow
CREATE = "POST /api/jobs/mine"
LOOK = "GET /api/jobs/mine/JOB"

PACKAGE = "git+https://example.org/apprentice.git@abc"


class HubBench(Bench):
    """Of a base that is here: what comes back is proven on it."""

    server: HubServer

    def order(self, **given: Any) -> RemoteOrder:
        place = RemoteSettings(poll_s=0.05, minutes=30, package=PACKAGE)
        usual = {"base": "embedded", "settings": FinetuneSettings(rank=8), "place": place, "prompt": "tuned"}
        return remote_order("huggingface", self.data, **{**usual, **given})

    def outcome(self) -> dict[str, bytes]:
        """As a run there leaves it."""
        order, base = self.order(), base_path("embedded")
        there = {
            "training": "/data/train.jsonl",
            "validation": "/data/validation.jsonl",
            "base_path": "/x/base.gguf",
        }
        here = {"training": order.training, "validation": order.validation, "base_path": base}
        asked = {
            "name": order.name,
            "prompt": order.prompt,
            **there,
            "digests": {there[name]: sha256_of_file(path) for name, path in here.items() if path},
        }
        run = {"kind": "finetune", "order": asked}
        return {"run.json": json.dumps(run).encode(), "adapter/adapter_model.safetensors": b"weights"}


@pytest.fixture
async def hub(stack: AsyncExitStack, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubBench:
    server = await stack.enter_async_context(HubServer())
    assert isinstance(server, HubServer)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    bench = HubBench(server, data, tmp_path / "job")
    server.gives = bench.outcome()
    return bench


async def test_a_run_comes_back_as_one_that_can_be_exported(hub: HubBench) -> None:
    result = await hub.go()
    (job,) = hub.server.created.values()
    assert job["command"] == ["python", "/data/run.py"] and job["timeoutSeconds"] == 1800
    assert job["flavor"] == "t4-small" and job["secrets"] == {"HF_TOKEN": TOKEN}
    source = job["volumes"][0]["source"]
    assert hub.server.private == {f"datasets/{source}", f"models/{source}"}
    sent = {name.partition(":")[2] for name in hub.server.files if name.startswith(f"datasets/{source}:")}
    assert sent == {"train.jsonl", "validation.jsonl", "prompt.toml", "order.json", "run.py"}
    asked = json.loads(hub.server.files[f"datasets/{source}:order.json"])
    assert asked["repo"] == source and asked["settings"] == {"rank": 8} and asked["base"] == "embedded"
    assert result["cost_usd"] == pytest.approx(10 * 0.0067)
    files = hub.folder / "outputs" / "files"
    assert result["use"] == f"prove it: apprentice train export {files}"
    run = read_run(files)
    assert run.order.training == hub.data / "train.jsonl" and run.weights.read_bytes() == b"weights"
    assert run.order.base_path == base_path("embedded")
    assert [entry["text"] for entry in hub.journal("note")].count("line 2") == 1


async def test_the_token_goes_to_the_hub_and_is_written_nowhere(hub: HubBench) -> None:
    hub.server.fault(LOOK, reply(500, {"error": f"bad {TOKEN}"}))
    await hub.go()
    assert TOKEN not in hub.everything()
    assert all(TOKEN.encode() not in content for content in hub.server.files.values())


async def test_what_it_costs_is_the_price_of_the_hub_for_all_its_minutes(hub: HubBench) -> None:
    found = await cost(hub.order(), None)  # type: ignore[arg-type]
    assert found.usd == found.at_most_usd == pytest.approx(30 * 0.0067)
    assert "t4-small for all of its 30 minutes, $0.0067 a minute by the hub today" in found.basis
    with pytest.raises(TeacherError, match=r"has no h900; remote\.hardware may be cpu-basic, t4-small"):
        await cost(hub.order(place=RemoteSettings(hardware="h900")), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", [hang_up(), reply(502, {})])
async def test_a_creation_whose_answer_is_lost_is_found_again(hub: HubBench, fault: Any) -> None:
    hub.server.fault(CREATE, fault)
    await hub.go()
    assert len(hub.server.created) == 1 and "attached to" in hub.everything()


async def test_a_failure_is_said_and_not_paid_for_again(hub: HubBench) -> None:
    hub.server.ends_as = "Job timeout"
    for _ in range(2):
        with pytest.raises(JobError, match="job-1 failed at Hugging Face: Job timeout"):
            await hub.go()
    assert len(hub.server.created) == 1


async def test_cancelling_cancels_there(hub: HubBench) -> None:
    hub.server.ends_after = 10**6
    waiting: list[Any] = []

    def later(reporter: Any) -> None:
        async def wait() -> None:
            while not hub.server.asked(LOOK):
                await asyncio.sleep(0.01)
            reporter.cancel()

        waiting.append(asyncio.ensure_future(wait()))

    with pytest.raises(Cancelled):
        await hub.go(prepared=later)
    assert [job["stage"] for job in hub.server.created.values()] == ["CANCELED"]


async def test_a_refused_token_ends_the_job(hub: HubBench) -> None:
    hub.server.fault("GET /api/whoami-v2", reply(401, {"error": "no"}))
    with pytest.raises(TeacherError, match="does not accept the key"):
        await hub.go()


async def test_without_a_token_nothing_begins(hub: HubBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(TeacherError, match="export HF_TOKEN"):
        await hub.go()
    assert hub.server.requests == []


def test_the_program_there_installs_trains_and_pushes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], *, check: bool) -> None:
        assert check
        ran.append(command[2:])
        if command[3:5] == ["train", "run"]:
            outputs = tmp_path / "work" / "jobs" / "20261120-finetune-ab12" / "outputs"
            outputs.mkdir(parents=True)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sys, "executable", "python")
    monkeypatch.setenv("APPRENTICE_DATA_DIR", "elsewhere")
    pushed: list[tuple[Path, str]] = []
    monkeypatch.setattr(on_hub, "push", lambda folder, repo: pushed.append((folder, repo)))
    asked = {
        "name": "mine",
        "base": "qwen2.5-0.5b-instruct",
        "settings": {"rank": 8},
        "package": "apprentice[train]==1",
        "repo": "mine/tag",
    }
    (tmp_path / "order.json").write_text(json.dumps(asked))
    on_hub.main(tmp_path, tmp_path / "work")
    assert ran[0] == ["pip", "install", "-q", "apprentice[train]==1"]
    assert ran[1] == ["assistant", "models", "pull", "qwen2.5-0.5b-instruct"]
    named = ["--data", str(tmp_path), "--base", "qwen2.5-0.5b-instruct", "--name", "mine"]
    prompt = ["--prompt", str(tmp_path / "prompt.toml"), "--yes", "--set=rank=8"]
    assert ran[2] == ["assistant", "train", "run", *named, *prompt]
    assert pushed == [(tmp_path / "work" / "jobs" / "20261120-finetune-ab12" / "outputs", "mine/tag")]
