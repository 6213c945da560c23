"""``apprentice train run --provider`` and ``train providers``: what is asked, refused, and done as a job."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import paths
from assistant.cli.main import main
from tests.training.finetune.tiny import call
from tests.training.generation.wording import serving
from tests.training.jobs.waiting import ended, until
from tests.training.remote.servers import MODEL, OpenAITuner
from training.datasets.example import to_line
from training.jobs.base import ACTIVE, Job, JobState
from training.jobs.layout import HEARTBEAT
from training.jobs.store import Jobs

ROOT = Path(__file__).parents[3]
CANARY = "sk-canary-91be44"
BASE = "gpt-4.1-mini-2025-04-14"


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("APPRENTICE_REMOTE__POLL_S", "0.1")
    monkeypatch.setattr("training.teachers.counting.vocabulary", lambda model: None)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAITuner]:
    found: Any = OpenAITuner()
    with serving(found):
        monkeypatch.setenv("APPRENTICE_REMOTE__OPENAI_URL", found.url)
        yield found


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    found = Jobs(paths.jobs_dir())
    yield found
    for job in found.all():
        if job.state in ACTIVE:
            kill(job)


@pytest.fixture
def run(tmp_path: Path) -> list[str]:
    (tmp_path / "mine.jsonl").write_bytes(b"".join(to_line(call(number)) for number in range(20)))
    given = ["--data", str(tmp_path / "mine.jsonl"), "--base", BASE, "--epochs", "1"]
    return ["train", "run", "--provider", "openai", *given]


def kill(job: Job) -> None:
    """The supervisor, and with it the work."""
    os.kill(int(json.loads((job.folder / HEARTBEAT).read_text())["pid"]), signal.SIGKILL)


def test_providers_are_listed_with_what_they_need_or_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "providers", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    named = {one["name"]: one for one in found["providers"]}
    offered = {name for name, one in named.items() if one["offered"]}
    assert offered == {"local", "openai", "huggingface", "custom"} and found["as_of"]
    assert named["openai"]["problem"] == "" and "remote.custom_url" in named["custom"]["problem"]
    assert "HF_TOKEN" in named["huggingface"]["problem"]
    assert all(one["reason"] for name, one in named.items() if name not in offered)
    assert "its API tunes no model" in named["anthropic"]["reason"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--max-cost", "0.001"], 1, "more than the budget of $0.00"),
        (["--rank", "8"], 1, "openai does not take rank"),
        (["--epochs", "1.5"], 1, "trains whole passes"),
        (["--epochs", "0"], 1, "epochs 0 trains nothing; there is nothing to send"),
        (["--base", "gpt-99"], 2, "What it costs is not known; give --yes to begin"),
        (["--base", "gpt-99", "--max-cost", "5"], 1, "so it cannot be kept below $5.00"),
        (["--base", "embedded"], 1, "name the model that openai is to tune"),
        (["--from", "last"], 2, "--from is for this machine"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    run: list[str],
    server: OpenAITuner,
    jobs: Jobs,
    more: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*run, *more]) == code
    assert said.lower() in capsys.readouterr().err.lower()
    assert server.requests == [] and jobs.all() == []


@pytest.mark.slow
def test_a_missing_key_is_said_first(
    run: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert main([*run, "--yes"]) == 1
    assert "export OPENAI_API_KEY" in capsys.readouterr().err


@pytest.mark.slow
def test_above_the_bound_a_person_is_asked(
    run: list[str],
    server: OpenAITuner,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("APPRENTICE_TEACHERS__CONFIRM_USD", "0.0001")
    assert main(run) == 2
    error = capsys.readouterr().err
    assert "it costs about $0.0" in error and "--yes" in error
    assert "prices of 2026-" in error and server.requests == []


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_real_job_is_killed_resumed_and_pays_once(
    run: list[str], server: OpenAITuner, jobs: Jobs, capfd: pytest.CaptureFixture[str]
) -> None:
    server.ends_after = 10**6
    assert main([*run, "--yes", "--detach"]) == 0
    job = until(jobs, jobs.get("last"), lambda _: server.asked("GET jobs/ID") > 1)
    kill(job)
    assert ended(jobs, job).state is JobState.INTERRUPTED
    server.ends_after = 0
    assert main(["jobs", "resume", job.id]) == 0
    capfd.readouterr()
    assert main(["jobs", "watch", job.id]) == 0
    job = jobs.get(job.id)
    assert job.result["model"] == MODEL and job.metrics["cost_usd"] == pytest.approx(10.0)
    assert f"apprentice -m '{server.url}#{MODEL}'" in capfd.readouterr().err
    assert len(server.created) == 1
    below = [path for path in job.folder.rglob("*") if path.is_file()]
    assert below and not any(CANARY.encode() in path.read_bytes() for path in below)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_cancelling_a_real_job_cancels_there_in_time(run: list[str], server: OpenAITuner, jobs: Jobs) -> None:
    server.ends_after = 10**6
    assert main([*run, "--yes", "--detach"]) == 0
    job = until(jobs, jobs.get("last"), lambda _: server.asked("GET jobs/ID") > 0)
    assert main(["jobs", "cancel", job.id]) == 0
    assert ended(jobs, job).state is JobState.CANCELLED
    assert [one["status"] for one in server.created.values()] == ["cancelled"]
    assert main(["jobs", "resume", job.id]) == 0
    assert "cancelled at" in ended(jobs, job).error and len(server.created) == 1
