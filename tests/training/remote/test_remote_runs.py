"""Runs at OpenAI and at a custom endpoint: to the end, failed, cancelled, resumed, and paid for once."""

import asyncio
import json
from typing import Any

import pytest

from tests.training.remote.conftest import CANARY, Bench
from tests.training.remote.servers import ADAPTER, MODEL, lines
from tests.training.teachers.servers.http import hang_up, reply
from training.jobs.base import Cancelled, JobError
from training.remote.record import record_of
from training.teachers.base import TeacherError

BUSY = {"error": {"message": "overloaded"}}


@pytest.mark.slow
async def test_a_run_at_openai_ends_as_a_model_that_can_be_used(openai: Bench) -> None:
    result = await openai.go()
    (job,) = openai.server.created.values()
    assert job["model"] == "gpt-4.1-mini-2025-04-14"
    assert job["method"]["supervised"]["hyperparameters"] == {"n_epochs": 2}
    assert len(lines(openai.server.uploaded[job["training_file"]])) == 14
    assert len(lines(openai.server.uploaded[job["validation_file"]])) == 2
    assert result["model"] == MODEL and result["cost_usd"] == pytest.approx(2 * 5.0)
    assert result["use"] == f"use it: apprentice -m '{openai.server.url}#{MODEL}'"
    outputs = openai.folder / "outputs"
    facts = json.loads((outputs / "remote.json").read_text())
    assert facts["trained_tokens"] == 2_000_000 and facts["digests"] == openai.order().digests
    assert (outputs / "files" / "results-1.csv").read_text().startswith("step,")
    assert "instructions" in (outputs / "prompt.toml").read_text()


async def test_events_become_notes_metrics_and_progress_once(openai: Bench) -> None:
    openai.server.ends_after = 4
    await openai.go()
    notes = [entry["text"] for entry in openai.journal("note")]
    assert notes.count("Validating training file") == 1
    losses = [entry["loss"] for entry in openai.journal("metric") if "loss" in entry]
    assert losses == [0.75, 0.5]
    assert openai.journal("progress")[-1]["total"] == 10


async def test_the_key_is_sent_and_written_nowhere(openai: Bench) -> None:
    openai.server.fault("GET jobs/ID", reply(500, {"error": {"message": f"bad {CANARY}"}}))
    await openai.go()
    assert all(one.headers["authorization"] == f"Bearer {CANARY}" for one in openai.server.requests)
    assert CANARY not in openai.everything() and "bad [key]" in openai.everything()


async def test_a_failure_says_why_and_resuming_does_not_pay_again(openai: Bench) -> None:
    openai.server.ends_as = "The training file is unsafe."
    for _ in range(2):
        with pytest.raises(JobError, match=r"ftjob-1 failed at .*: The training file is unsafe"):
            await openai.go()
    assert len(openai.server.created) == 1


@pytest.mark.parametrize("fault", [hang_up(), reply(500, BUSY), reply(200, {"object": "x"})])
async def test_a_creation_whose_answer_is_lost_is_found_again(openai: Bench, fault: Any) -> None:
    openai.server.fault("POST jobs", fault)
    await openai.go()
    assert len(openai.server.created) == 1
    assert "attached to" in openai.everything()


async def test_a_job_that_died_attaches_to_its_run(openai: Bench) -> None:
    openai.server.ends_after = 10**6
    going = asyncio.create_task(openai.go())
    while not openai.server.asked("GET jobs/ID"):
        await asyncio.sleep(0.01)
    going.cancel()
    await asyncio.gather(going, return_exceptions=True)
    openai.server.ends_after = 0
    assert (await openai.go())["model"] == MODEL
    assert len(openai.server.created) == 1 and len(openai.server.uploaded) == 2


async def test_a_job_that_died_while_it_created_its_run_finds_it(openai: Bench) -> None:
    record = record_of(openai.folder)
    record.intended, record.uploaded = True, {"training": "file-1"}
    record.save()
    openai.server.created["ftjob-1"] = {
        "id": "ftjob-1",
        "metadata": {"apprentice_run": record.tag},
        "status": "running",
        "looks": 0,
    }
    assert (await openai.go())["model"] == MODEL
    assert openai.server.asked("POST jobs") == 0


async def test_cancelling_cancels_there(openai: Bench) -> None:
    openai.server.ends_after = 10**6

    with pytest.raises(Cancelled):
        await openai.go(prepared=openai.cancelled_when_it_runs)
    (job,) = openai.server.created.values()
    assert job["status"] == "cancelled" and "may be charged" in openai.everything()
    with pytest.raises(JobError, match="ftjob-1 cancelled at"):
        await openai.go()


async def test_before_anything_was_created_cancelling_costs_nothing(openai: Bench) -> None:
    with pytest.raises(Cancelled):
        await openai.go(prepared=lambda reporter: reporter.cancel())
    assert not openai.server.created
    assert (await openai.go())["model"] == MODEL


async def test_a_run_that_cannot_be_cancelled_is_no_cancelled_job(openai: Bench) -> None:
    openai.server.ends_after = 10**6
    openai.server.cancels = False

    with pytest.raises(JobError, match=r"ftjob-1 .* may go on and cost money"):
        await openai.go(prepared=openai.cancelled_when_it_runs)
    openai.server.ends_after = 0
    assert (await openai.go())["model"] == MODEL


@pytest.mark.slow
async def test_a_provider_that_is_away_ends_no_job_and_a_bad_key_does(openai: Bench) -> None:
    openai.server.fault("GET jobs/ID", hang_up(), reply(503, BUSY))
    assert (await openai.go())["model"] == MODEL
    openai.server.fault("GET jobs/ID", reply(401, {"error": {"message": "no"}}))
    with pytest.raises(TeacherError, match="does not accept the key"):
        await openai.go()


async def test_a_run_over_its_budget_sends_nothing(openai: Bench) -> None:
    order = openai.order(max_cost_usd=1.0).model_copy(update={"at_most_usd": 1.5})
    with pytest.raises(JobError, match=r"could cost \$1\.50, more than the budget of \$1\.00"):
        await openai.go(order=order)
    unknown = openai.order(max_cost_usd=1.0)
    with pytest.raises(JobError, match="what it costs is not known"):
        await openai.go(order=unknown)
    assert openai.server.requests == []


async def test_a_custom_endpoint_gives_files_and_a_model(custom: Bench) -> None:
    result = await custom.go()
    (run,) = custom.server.created.values()
    assert run["base"] == "gpt-4.1-mini-2025-04-14" and run["settings"]["epochs"] == 2
    assert run["files"] == ["training", "validation"]
    assert "messages" in lines(custom.server.uploaded["training"])[0]
    assert (custom.folder / "outputs" / "files" / "adapter.gguf").read_bytes() == ADAPTER
    assert result["cost_usd"] == 0.25 and "apprentice -m 'http://127.0.0.1:9/v1#mine'" in result["use"]
    assert CANARY not in custom.everything()


async def test_a_custom_run_fails_cancels_and_is_begun_once(custom: Bench) -> None:
    custom.server.fault("POST runs/RUN", hang_up())
    custom.server.ends_as = "out of memory"
    with pytest.raises(JobError, match=r"failed at .*: out of memory"):
        await custom.go()
    assert len(custom.server.created) == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("../evil", ADAPTER, "no plain name"), ("adapter.gguf", b"else", "adapter.gguf with other bytes")],
)
async def test_a_file_is_what_it_was_said_to_be(custom: Any, name: str, content: bytes, said: str) -> None:
    custom.server.file_name, custom.server.file_content = name, content
    with pytest.raises(TeacherError, match=said):
        await custom.go()
    assert not (custom.folder / "outputs" / "files").exists()
