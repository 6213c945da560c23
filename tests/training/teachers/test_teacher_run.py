"""A run: each request is paid for once, within the budget, whatever happens on the way."""

import asyncio
import os
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.children import run_child
from tests.training.teachers.conftest import PRICES, ask
from tests.training.teachers.fakes import BilledProvider, paid
from training.teachers import journal as journals
from training.teachers.base import BudgetSpent, Passing, TeacherError, Tokens, Unanswered, UnknownPrice
from training.teachers.journal import NAME
from training.teachers.ledger import charges, read_ledger
from training.teachers.prices import PriceList
from training.teachers.run import Answered, TeacherRun

COST = (100 * 10 + 10 * 40) / 1e6


async def replies(run: TeacherRun, provider: BilledProvider, count: int) -> list[Answered]:
    return [one async for one in run.replies(provider, (ask(str(n)) for n in range(count)))]


async def test_every_request_has_its_reply_and_its_cost(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill")
    with TeacherRun(folder, PRICES) as run:
        got = await replies(run, provider, 20)
        assert {one.request.id: one.reply and one.reply.text for one in got} == {
            str(n): f"echo {n}" for n in range(20)
        }
        assert run.ledger.total.cost_usd == pytest.approx(20 * COST)
        assert run.metrics.replies == run.metrics.attempts == 20
    assert provider.most_under_way == 4


async def test_what_was_paid_for_is_not_asked_again(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill", idempotent=False)
    with TeacherRun(folder, PRICES) as run:
        await replies(run, provider, 5)
    with TeacherRun(folder, PRICES) as run:
        got = await replies(run, provider, 8)
        assert (run.metrics.stored, run.metrics.attempts) == (5, 3)
        assert run.ledger.total.cost_usd == pytest.approx(8 * COST)
    assert len(got) == 8
    assert set(paid(tmp_path / "bill").values()) == {1}


async def test_the_same_request_twice_at_once_is_paid_for_once(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill", idempotent=False)
    with TeacherRun(folder, PRICES) as run:
        got = await asyncio.gather(*(run.ask(provider, ask("same")) for _ in range(3)))
    assert {one.text for one in got} == {"echo same"}
    assert paid(tmp_path / "bill") == {"same": 1}


async def test_a_stored_reply_comes_back_whole(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill")
    with TeacherRun(folder, PRICES) as run:
        first = await run.ask(provider, ask())
    with TeacherRun(folder, PRICES) as run:
        assert await run.ask(provider, ask()) == first


async def test_another_question_under_the_same_id_is_another_request(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill", idempotent=False)
    with TeacherRun(folder, PRICES) as run:
        await run.ask(provider, ask())
        await run.ask(provider, ask(system="Otherwise."))
    assert paid(tmp_path / "bill") == {"one": 2}


async def test_requests_are_read_only_as_they_are_needed(folder: Path, tmp_path: Path) -> None:
    read = 0

    def endless():  # type: ignore[no-untyped-def]
        nonlocal read
        while True:
            read += 1
            yield ask(str(read))

    provider = BilledProvider(tmp_path / "bill")
    with TeacherRun(folder, PRICES) as run:
        stream = run.replies(provider, endless())
        for _ in range(3):
            await anext(stream)
        await stream.aclose()
    assert read < 20


async def test_the_budget_is_never_exceeded_and_what_is_there_is_kept(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill", idempotent=False)
    got = []
    with TeacherRun(folder, PRICES, max_cost_usd=0.1) as run:
        with pytest.raises(BudgetSpent, match=r"budget of \$0\.10 is reached.*--max-cost"):
            async for one in run.replies(provider, (ask(str(n)) for n in range(1000))):
                got.append(one)
        assert run.ledger.total.cost_usd <= 0.1
        assert run.ledger.total.cost_usd > 0.08  # one more request at its worst case would not have fitted
    assert len(got) == sum(paid(tmp_path / "bill").values()) > 50
    with TeacherRun(folder, PRICES, max_cost_usd=0.1) as run, pytest.raises(BudgetSpent):
        await run.ask(provider, ask("1000"))
    with TeacherRun(folder, PRICES, max_cost_usd=0.2) as run:
        assert await run.ask(provider, ask("1000"))


async def test_a_budget_below_one_request_sends_nothing(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill")
    with TeacherRun(folder, PRICES, max_cost_usd=0.001) as run, pytest.raises(BudgetSpent):
        await run.ask(provider, ask())
    assert not paid(tmp_path / "bill")


async def test_attempts_that_may_have_been_billed_count_at_their_worst_case(
    folder: Path, tmp_path: Path
) -> None:
    lost = Passing("cut", billed=True)
    provider = BilledProvider(tmp_path / "bill", fault=lambda n: lost if n == 1 else None)
    with TeacherRun(folder, PRICES) as run:
        await run.ask(provider, ask())
        total = run.ledger.total
    assert total.replies == 1
    assert total.lost_usd > 10 * COST
    assert total.cost_usd == pytest.approx(total.lost_usd + COST)
    assert read_ledger(folder).total == total


async def test_attempts_that_nobody_bills_cost_nothing(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill", fault=lambda n: Passing("busy") if n < 3 else None)
    with TeacherRun(folder, PRICES, max_cost_usd=1) as run:
        await run.ask(provider, ask())
        assert run.ledger.total.cost_usd == pytest.approx(COST)
        assert (run.metrics.attempts, run.books.budget.reserved) == (3, 0)


async def test_a_reply_that_nobody_counted_is_charged_at_its_worst_case(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill", tokens=None)
    with TeacherRun(folder, PRICES) as run:
        got = await run.ask(provider, ask())
    assert got.cost_usd is not None
    assert got.cost_usd > 10 * COST


async def test_a_model_without_a_price_is_said_not_taken_for_free(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill")
    with TeacherRun(folder, PriceList({})) as run:
        assert (await run.ask(provider, ask())).cost_usd is None
        assert run.ledger.rows()[0]["without_price"] == run.metrics.unpriced == 1
    other = TeacherRun(tmp_path / "other", PriceList({}), max_cost_usd=1)
    with other, pytest.raises(UnknownPrice, match=r"teachers\.prices"):
        await other.ask(provider, ask())
    assert paid(tmp_path / "bill") == {"one": 1}


async def test_one_request_that_fails_does_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill", fault=lambda n: Unanswered("no") if n == 3 else None)
    with TeacherRun(folder, PRICES) as run:
        got = await replies(run, provider, 10)
        assert [one.problem for one in got if one.reply is None] == ["no"]
        assert run.metrics.unanswered == 1


async def test_a_row_of_failures_ends_the_run(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill", fault=lambda n: Unanswered("the model is gone"))
    with (
        TeacherRun(folder, PRICES) as run,
        pytest.raises(TeacherError, match=r"last 2\d requests all failed: the model"),
    ):
        await replies(run, provider, 1000)


async def test_a_cancelled_run_pays_for_what_was_under_way_and_goes_on_later(
    folder: Path, tmp_path: Path
) -> None:
    provider = BilledProvider(tmp_path / "bill")
    with TeacherRun(folder, PRICES) as run:
        asking = asyncio.create_task(run.ask(provider, ask()))
        while not provider.under_way:
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        assert run.ledger.total.lost_usd > 0
        assert run.books.budget.reserved == 0
        assert (await run.ask(provider, ask())).text == "echo one"


def test_two_processes_do_not_share_a_folder(folder: Path) -> None:
    with TeacherRun(folder, PRICES), pytest.raises(TeacherError, match="in use by another process"):
        TeacherRun(folder, PRICES)
    TeacherRun(folder, PRICES).close()


async def test_a_torn_last_line_is_cut_off_and_a_damaged_one_passed_over(
    folder: Path, tmp_path: Path
) -> None:
    provider = BilledProvider(tmp_path / "bill")
    with TeacherRun(folder, PRICES) as run:
        await replies(run, provider, 3)
    path = folder / NAME
    path.write_bytes(b"\x00garbage\n" + path.read_bytes() + b'{"what": "reply", "key": "ab')
    with TeacherRun(folder, PRICES) as run:
        await replies(run, provider, 3)
        assert (run.metrics.stored, run.books.journal.damaged) == (3, 1)
    assert path.read_bytes().endswith(b"}\n")


async def test_the_ledger_says_what_each_example_took(folder: Path, tmp_path: Path) -> None:
    provider = BilledProvider(tmp_path / "bill")
    with TeacherRun(folder, PRICES) as run:
        await run.ask(provider, ask("a", purpose="grade"))
        await run.ask(provider, ask("b"))
    found = [(one.example, one.purpose, one.tokens, one.cost_usd) for one in charges(folder)]
    assert found == [
        ("a", "grade", Tokens(100, 0, 0, 10), pytest.approx(COST)),
        ("b", "generate", Tokens(100, 0, 0, 10), pytest.approx(COST)),
    ]
    rows = read_ledger(folder).rows()
    assert {(row["provider"], row["model"], row["purpose"]) for row in rows} == {
        ("openai", "teacher-1", "grade"),
        ("openai", "teacher-1", "generate"),
    }


def work(folder: Path, bill: Path, count: int, *, idempotent: bool) -> None:
    async def all_of_it() -> None:
        with TeacherRun(folder, PRICES) as run:
            await replies(run, BilledProvider(bill, idempotent=idempotent), count)

    asyncio.run(all_of_it())


def killed(folder: Path, bill: Path, count: int, at: int, how: str, *, idempotent: bool) -> bool:
    """Run in a child that dies at its ``at``-th line: before it, in the middle of it, or after it."""
    lines = 0

    def write(descriptor: int, data: bytes) -> int:
        nonlocal lines
        lines += 1
        if lines == at:
            if how != "before":
                real(descriptor, data if how == "after" else data[: len(data) // 2])
            os._exit(9)
        return real(descriptor, data)

    def body() -> None:
        with patch.object(journals.os, "write", write):
            work(folder, bill, count, idempotent=idempotent)

    real = os.write
    return run_child(body) != 0


def check(folder: Path, bill: Path, count: int) -> None:
    with TeacherRun(folder, PRICES) as run:
        got = asyncio.run(replies(run, BilledProvider(bill, idempotent=False), count))
        assert run.metrics.stored == count
        assert {one.reply.text for one in got if one.reply} == {f"echo {n}" for n in range(count)}


@pytest.mark.parametrize(("at", "how"), [(1, "before"), (3, "middle"), (6, "after"), (9, "middle")])
def test_a_run_that_was_killed_and_resumed_pays_for_nothing_twice(
    folder: Path, tmp_path: Path, at: int, how: str
) -> None:
    bill = tmp_path / "bill"
    assert killed(folder, bill, 6, at, how, idempotent=True)
    work(folder, bill, 6, idempotent=True)
    check(folder, bill, 6)
    assert paid(bill) == {str(n): 1 for n in range(6)}


KILLS = st.lists(st.tuples(st.integers(1, 40), st.sampled_from(["before", "middle", "after"])), max_size=5)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=KILLS, count=st.integers(1, 15))
def test_a_run_that_is_killed_anywhere_any_number_of_times(
    tmp_path_factory: pytest.TempPathFactory, kills: list[tuple[int, str]], count: int
) -> None:
    place = tmp_path_factory.mktemp("killed")
    for at, how in kills:
        killed(place / "run", place / "bill", count, at, how, idempotent=True)
    work(place / "run", place / "bill", count, idempotent=True)
    check(place / "run", place / "bill", count)
    assert paid(place / "bill") == {str(n): 1 for n in range(count)}


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=KILLS, count=st.integers(1, 15))
def test_without_idempotency_keys_only_what_was_under_way_is_paid_twice_and_the_ledger_knows(
    tmp_path_factory: pytest.TempPathFactory, kills: list[tuple[int, str]], count: int
) -> None:
    place = tmp_path_factory.mktemp("killed")
    died = sum(killed(place / "run", place / "bill", count, *kill, idempotent=False) for kill in kills)
    work(place / "run", place / "bill", count, idempotent=False)
    check(place / "run", place / "bill", count)
    twice = sum(paid(place / "bill").values()) - count
    assert twice <= 4 * died
    assert read_ledger(place / "run").total.cost_usd >= (count + twice) * COST - 1e-9
