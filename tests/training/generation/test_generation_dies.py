"""A run whose process dies at any of its writes, and is resumed, is the same as one that was left alone."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.children import run_child
from tests.training.generation.test_generation_run import Wording, made, metadata, plan, run
from tests.training.teachers.fakes import paid
from training.generation.plan import Plan
from training.generation.work import FOLDER, TRAIN
from training.teachers.base import FREE, Spend, TeacherReply, TeacherRequest
from training.teachers.ledger import read_ledger

pytestmark = pytest.mark.slow
COUNT = 24
Moment = Literal["before", "middle", "after"]
Death = tuple[int, Moment]
"""At which write to the disk, of an example, a reply or a whole file; before it, in it or after it."""


class Billed(Wording):
    """Keeps its bill in a file, and charges once for a request, as servers that know idempotency keys do."""

    def __init__(self, bill: Path) -> None:
        super().__init__(Counter(), forgetful=3)
        self._path = bill

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        reply = await super().ask(request, spend)
        if not paid(self._path)[request.id]:
            with self._path.open("a") as file:
                file.write(f"{request.id}\n")
        return reply


@contextmanager
def dying(death: Death) -> Iterator[None]:
    number, moment = death
    left = [number]

    def counted(real: Callable[..., Any], *, has_a_middle: bool) -> Callable[..., Any]:
        def operation(where: Any, what: Any, *more: Any) -> Any:
            left[0] -= 1
            if left[0]:
                return real(where, what, *more)
            if moment == "after":
                real(where, what, *more)
            elif moment == "middle" and has_a_middle:
                real(where, what[: len(what) // 2], *more)
            os._exit(9)

        return operation

    with (
        patch.object(os, "write", counted(os.write, has_a_middle=True)),
        patch.object(os, "pwrite", counted(os.pwrite, has_a_middle=True)),
        patch.object(os, "replace", counted(os.replace, has_a_middle=False)),
    ):
        yield


def dies(wanted: Plan, bill: Path, death: Death) -> bool:
    """Whether the process died before the run was at its end."""

    def body() -> None:
        with dying(death):
            run(wanted, resume=True, provider=Billed(bill))

    return run_child(body) != 0


def died_and_resumed(place: Path, deaths: list[Death]) -> int:
    """How often it died. Compares with a run that was left alone."""
    whole, wanted, bill = plan(place / "whole", COUNT), plan(place / "died", COUNT), place / "bill"
    run(whole, provider=Billed(place / "other"))
    died = sum([dies(wanted, bill, death) for death in deaths])
    run(wanted, resume=True, provider=Billed(bill))
    assert (wanted.output / TRAIN).read_bytes() == (whole.output / TRAIN).read_bytes()
    assert len({one.id for one in made(wanted.output)}) == COUNT
    assert paid(bill) == paid(place / "other") and set(paid(bill).values()) == {1}
    assert read_ledger(wanted.output / FOLDER).total.replies == paid(bill).total()
    assert metadata(wanted.output)["filters"] == metadata(whole.output)["filters"]
    return died


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints come more often, so that a small run has some."""
    monkeypatch.setattr("training.generation.run.CHECKPOINT", 5)


@pytest.mark.parametrize("moment", ["before", "middle", "after"])
def test_at_each_single_write(tmp_path: Path, moment: Moment) -> None:
    number = {"before": 1, "middle": 2, "after": 3}[moment]
    while died_and_resumed(tmp_path / str(number), [(number, moment)]):
        number += 5
    assert number > 30, "so many writes are in a run"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["before", "middle", "after"])), max_size=5))
def test_anywhere_any_number_of_times(tmp_path_factory: pytest.TempPathFactory, deaths: list[Death]) -> None:
    died_and_resumed(tmp_path_factory.mktemp("run"), deaths)
