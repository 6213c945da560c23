"""``apprentice teach generate --job``: a real job over the real sandbox, against a server on loopback."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from assistant import paths
from assistant.cli.main import main
from tests.training.generation.wording import server_of, serving
from tests.training.jobs.waiting import ended, until
from training.datasets.example import read
from training.generation.work import FOLDER
from training.jobs.base import ACTIVE, Job, JobState
from training.jobs.layout import HEARTBEAT
from training.jobs.store import Jobs
from training.teachers.ledger import read_ledger

pytestmark = [pytest.mark.bubblewrap, pytest.mark.slow]
ROOT = Path(__file__).parents[3]
COUNT = 60
MIX = ("--providers", "openai,scripted", "--mix-ratio", "70,30", "--model", "gpt-4o-mini")


def kill(job: Job) -> None:
    os.kill(int(json.loads((job.folder / HEARTBEAT).read_text())["pid"]), signal.SIGKILL)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-job")
    monkeypatch.setenv("APPRENTICE_GENERATION__NEAR", "1")
    monkeypatch.setenv("APPRENTICE_GENERATION__LANGUAGES", '["en"]')
    found = Jobs(paths.jobs_dir())
    yield found
    for job in found.all():
        if job.state in ACTIVE:
            kill(job)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with ExitStack() as stack:

        def begin(delay_s: float) -> Any:
            server = server_of("openai", delay_s=delay_s)
            stack.enter_context(serving(server))
            monkeypatch.setenv("APPRENTICE_TEACHERS__OPENAI_URL", server.url)
            return server

        yield begin


def begun(jobs: Jobs, folder: Path) -> Job:
    asked = ("--num-examples", str(COUNT), "--output-dir", str(folder), "--yes", "--job")
    assert main(["teach", "generate", *MIX, *asked]) == 0
    return jobs.get("last")


def is_under_way(job: Job) -> bool:
    return job.state == "running" and 0 < job.progress.done < COUNT


@pytest.mark.timeout(240)
def test_it_is_watched_killed_cancelled_and_resumed_and_pays_for_nothing_twice(
    jobs: Jobs, serve: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server, folder = serve(0.3), tmp_path / "out"
    job = until(jobs, begun(jobs, folder), is_under_way)
    kill(job)
    assert ended(jobs, job).state is JobState.INTERRUPTED
    assert main(["jobs", "resume", job.id]) == 0
    job = until(jobs, job, lambda job: job.runs == 2 and is_under_way(job))
    assert main(["jobs", "cancel", job.id]) == 0
    assert ended(jobs, job).state is JobState.CANCELLED
    assert not (folder / "train.jsonl").exists()
    assert main(["jobs", "resume", job.id]) == 0
    capfd.readouterr()
    assert main(["jobs", "watch", job.id]) == 0 and "done" in capfd.readouterr().out
    job = jobs.get(job.id)
    examples = list(read(folder / "train.jsonl"))
    assert len({one.id for one in examples}) == len(examples) == COUNT == job.result["examples"]
    assert job.metrics["cost_usd"] == pytest.approx(job.result["cost_usd"]) and job.result["cost_usd"] > 0
    assert set(server.billed.values()) == {1}
    assert read_ledger(folder / FOLDER).total.replies == server.billed.total()


def test_it_is_cancelled_while_it_waits_for_a_reply_which_is_kept(
    jobs: Jobs, serve: Any, tmp_path: Path
) -> None:
    server = serve(4.0)
    job = until(jobs, begun(jobs, tmp_path), lambda _: server.billed.total() > 0)
    assert main(["jobs", "cancel", job.id]) == 0
    assert ended(jobs, job).state is JobState.CANCELLED
    ledger = read_ledger(tmp_path / FOLDER)
    assert ledger.total.replies == server.billed.total() > 0 and ledger.total.lost_usd == 0
