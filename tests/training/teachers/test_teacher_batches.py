"""The batch APIs' life cycle: handed over once, fetched whole, at half the price, whatever happens."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.training.teachers.conftest import PRICES, Bench, ask
from tests.training.teachers.fakes import BilledProvider
from tests.training.teachers.servers.http import cut, hang_up, reply
from training.teachers.api import ApiProvider
from training.teachers.base import BudgetSpent, TeacherError
from training.teachers.batches.running import batched
from training.teachers.run import Answered, TeacherRun

pytestmark = pytest.mark.slow


async def all_of(run: TeacherRun, provider: ApiProvider, count: int, **given: Any) -> list[Answered]:
    requests = [ask(str(number)) for number in range(count)]
    return [one async for one in batched(run, provider, requests, poll_s=0.01, **given)]


def texts(got: list[Answered]) -> dict[str, str]:
    return {one.request.id: one.reply.text for one in got if one.reply}


def echoes(count: int) -> dict[str, str]:
    return {str(number): f"echo {number}" for number in range(count)}


async def test_a_batch_brings_every_reply_at_half_the_price(bench: Bench, folder: Path) -> None:
    server = await bench.server()
    server.finish_after = 3
    said: list[str] = []
    with TeacherRun(folder, PRICES) as run:
        got = await all_of(run, bench.provider(server), 6, said=said.append)
        total = run.ledger.total
    assert texts(got) == echoes(6)
    assert set(server.billed.values()) == {1}
    assert (total.replies, total.batched) == (6, 5)
    assert total.saved_usd == pytest.approx(total.cost_usd * 5 / 7)
    assert [line for line in said if "6 requests" not in line and "5 requests" in line]
    assert {one.reply.batch for one in got if one.reply and one.request.id != "0"} == {True}


async def test_a_second_time_nothing_is_asked(bench: Bench, folder: Path) -> None:
    server = await bench.server()
    with TeacherRun(folder, PRICES) as run:
        await all_of(run, bench.provider(server), 4)
    asked = len(server.requests)
    with TeacherRun(folder, PRICES) as run:
        assert texts(await all_of(run, bench.provider(server), 4)) == echoes(4)
        assert run.books.budget.reserved == 0
    assert len(server.requests) == asked


async def test_what_expired_is_said_costs_nothing_and_is_asked_again(bench: Bench, folder: Path) -> None:
    server = await bench.server()
    server.not_done = {"2", "3"}
    server.final_status = "expired"
    with TeacherRun(folder, PRICES) as run:
        got = await all_of(run, bench.provider(server), 5)
        assert {one.request.id for one in got if one.reply is None} == {"2", "3"}
        assert all("expired" in one.problem or "in time" in one.problem for one in got if one.reply is None)
        assert run.ledger.total.replies == 3
        assert run.books.budget.reserved == pytest.approx(0)
    server.not_done, server.final_status = set(), "completed"
    with TeacherRun(folder, PRICES) as run:
        assert texts(await all_of(run, bench.provider(server), 5)) == echoes(5)
    assert set(server.billed.values()) == {1}


async def test_a_refused_batch_is_said_and_forgotten(openai_bench: Bench, folder: Path) -> None:
    server = await openai_bench.server()
    server.final_status = "failed"
    with TeacherRun(folder, PRICES, max_cost_usd=1) as run:
        with pytest.raises(TeacherError, match="line 1 is wrong"):
            await all_of(run, openai_bench.provider(server), 4)
        assert (run.open_batches, run.books.budget.reserved) == ({}, pytest.approx(0))


async def test_errors_of_single_requests_are_theirs_alone(anthropic_bench: Bench, folder: Path) -> None:
    server = await anthropic_bench.server()
    server.not_done = {"2"}
    error = {"type": "invalid_request_error", "message": "too long"}
    server.outcome = {"type": "errored", "error": {"type": "error", "error": error}}
    with TeacherRun(folder, PRICES) as run:
        got = await all_of(run, anthropic_bench.provider(server), 4)
    assert [one.problem for one in got if one.reply is None] == ["Anthropic did not do it: too long"]


@pytest.mark.parametrize("fault", [cut({"custom_id": "x"}, at=5), reply(503, "busy")], ids=["cut", "busy"])
async def test_a_download_that_fails_is_begun_again(bench: Bench, folder: Path, fault: Any) -> None:
    server = await bench.server()
    server.download_faults.append(fault)
    with TeacherRun(folder, PRICES) as run:
        assert texts(await all_of(run, bench.provider(server), 4)) == echoes(4)
    assert set(server.billed.values()) == {1}


async def test_a_batch_whose_creation_was_not_heard_of_is_found_again(bench: Bench, folder: Path) -> None:
    server = await bench.server()
    server.batch_faults.append(hang_up())
    with TeacherRun(folder, PRICES) as run:
        assert texts(await all_of(run, bench.provider(server), 4)) == echoes(4)
    assert len(server.batches) == 1


@pytest.mark.parametrize("moment", ["created", "named", "waiting", "fetching"])
async def test_a_killed_run_adopts_its_batch(
    bench: Bench, folder: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends right there: nothing after that moment is written."""
    server = await bench.server()
    server.finish_after = 2
    provider = bench.provider(server)
    run = TeacherRun(folder, PRICES)
    write, fetched = run.books.journal.write, 0

    def dying(what: Any, key: str, **values: Any) -> None:
        nonlocal fetched
        fetched += what == "reply" and "batch" in values
        if moment == "created" and what == "batch" and "id" in values:
            raise KeyboardInterrupt
        write(what, key, **values)
        if moment == "named" and what == "batch" and "id" in values:
            raise KeyboardInterrupt
        if moment == "fetching" and fetched == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(run.books.journal, "write", dying)
    if moment == "waiting":
        asking = asyncio.create_task(all_of(run, provider, 5))
        server.finish_after = 10**9
        while not any(batch["looks"] for batch in server.batches.values()):
            await asyncio.sleep(0.005)
        asking.cancel()
        await asyncio.wait([asking])
        server.finish_after = 1
    else:
        with pytest.raises(KeyboardInterrupt):
            await all_of(run, provider, 5)
    run.books.journal.close()
    with TeacherRun(folder, PRICES, max_cost_usd=1) as again:
        assert texts(await all_of(again, provider, 5)) == echoes(5)
        assert again.books.budget.reserved == pytest.approx(0)
        assert again.ledger.total.replies == 5
    assert len(server.batches) == 1
    assert set(server.billed.values()) == {1}


async def test_what_is_not_asked_for_any_more_counts_as_spent(bench: Bench, folder: Path) -> None:
    server = await bench.server()
    server.finish_after = 10**9
    provider = bench.provider(server)
    with TeacherRun(folder, PRICES) as run:
        asking = asyncio.create_task(all_of(run, provider, 5))
        while not any(batch["looks"] for batch in server.batches.values()):
            await asyncio.sleep(0.005)
        asking.cancel()
        await asyncio.wait([asking])
    server.finish_after = 1
    with TeacherRun(folder, PRICES, max_cost_usd=1) as run:
        assert texts(await all_of(run, provider, 3)) == echoes(3)
        assert run.ledger.groups[(bench.name, "teacher-1", "not asked again")].lost_usd > 0
        assert run.books.budget.reserved == pytest.approx(0)


async def test_a_batch_that_never_came_to_be_is_made(bench: Bench, folder: Path) -> None:
    server = await bench.server()
    provider = bench.provider(server)
    server.batch_faults.extend([reply(500, "down")] * 9)
    create = type(server)._create
    type(server)._create = lambda self, body: reply(500, "down")  # type: ignore[method-assign]
    try:
        with TeacherRun(folder, PRICES) as run, pytest.raises(TeacherError, match="could not be handed over"):
            await all_of(run, provider, 4)
    finally:
        type(server)._create = create  # type: ignore[method-assign]
    server.batch_faults.clear()
    with TeacherRun(folder, PRICES) as run:
        assert texts(await all_of(run, provider, 4)) == echoes(4)
    assert set(server.billed.values()) == {1}


async def test_large_runs_are_handed_over_in_parts(bench: Bench, folder: Path) -> None:
    server = await bench.server()
    provider = bench.provider(server)
    assert provider.batches is not None
    provider.batches.most_requests = 2
    with TeacherRun(folder, PRICES) as run:
        assert texts(await all_of(run, provider, 6)) == echoes(6)
    assert len(server.batches) == 3


async def test_only_what_the_budget_has_room_for_is_handed_over(bench: Bench, folder: Path) -> None:
    server = await bench.server()
    got = []
    with TeacherRun(folder, PRICES, max_cost_usd=0.06) as run:
        with pytest.raises(BudgetSpent):
            async for one in batched(
                run, bench.provider(server), [ask(str(n)) for n in range(50)], poll_s=0.01
            ):
                got.append(one)
        assert run.ledger.total.cost_usd <= 0.06
    assert 3 <= len(got) == sum(server.billed.values()) < 50


async def test_a_field_that_the_model_refuses_is_known_before_the_batch(bench: Bench, folder: Path) -> None:
    error = {"error": {"type": "invalid_request_error", "message": "`temperature` is deprecated"}}
    server = await bench.server(reply(400, error))
    bodies: list[Any] = []
    server.rule = lambda body: bodies.append(body) or bench.says("done")
    with TeacherRun(folder, PRICES) as run:
        await all_of(run, bench.provider(server, temperature=0.5), 4)
    assert len(bodies) == 4
    assert not any("temperature" in body for body in bodies)


async def test_who_has_no_batches_says_so(folder: Path, tmp_path: Path) -> None:
    with TeacherRun(folder, PRICES) as run, pytest.raises(TeacherError, match="no batch API"):
        await all_of(run, BilledProvider(tmp_path / "bill"), 1)  # type: ignore[arg-type]
