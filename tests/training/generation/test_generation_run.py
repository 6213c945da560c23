"""A run gives exactly what was asked for, wherever it was killed, and pays for nothing twice."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.generation.making import FakeSource
from training.datasets.example import Example, read
from training.generation.base import GenerationError
from training.generation.groups import OTHERS
from training.generation.plan import Plan, plan_from_dict, plan_to_dict
from training.generation.run import Generation, Parts, Step
from training.generation.settings import GenerationSettings
from training.generation.work import METADATA, TRAIN, Work, read_state, reject
from training.jobs.layout import replace as put_in_place
from training.teachers.base import (
    FREE,
    BudgetSpent,
    ProviderConfig,
    Spend,
    TeacherReply,
    TeacherRequest,
    Tokens,
)
from training.teachers.prices import Price, PriceList
from training.teachers.run import TeacherRun

PRICES = PriceList({("openai", "teacher-1"): Price(provider="openai", name="teacher-1", input=10, output=40)})
CONFIG = ProviderConfig("openai", "teacher-1", "http://127.0.0.1:1", concurrency=4, max_tokens=400)
SETTINGS = GenerationSettings(variants=3, languages=("en",), near=1.0)


class Wording:
    """Fulfils ``TeacherProvider``: rewords the request it is given, in as many ways as it is asked for."""

    def __init__(self, bill: Counter[str], *, forgetful: int = 0, config: ProviderConfig = CONFIG) -> None:
        self.config = config
        self.bill = bill
        self._forgetful = forgetful
        self._room = asyncio.Semaphore(config.concurrency)

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        async with self._room:
            await spend.attempt()
            await asyncio.sleep(0)
            self.bill[request.id] += 1
            words = orjson.loads(request.messages[0].text.split("Verbatim:\n")[1].splitlines()[0])
            said = [
                f"{opening} {'something' if self._forgetful and number % self._forgetful == 0 else words[0]}"
                for number, opening in enumerate(["open", "could you read", "what stands in"], 1)
            ]
            data = {"requests": [{"request": one, "answer": ""} for one in said]}
            tokens = Tokens(100, 0, 0, 20)
            return TeacherReply(
                data=data, tokens=tokens, provider="openai", model="teacher-1", prompt_version="multiply-1"
            )

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        return 100, "counted by a fake"

    async def close(self) -> None:
        return None


class Killed(BaseException):
    """Instead of a kill -9: nothing that runs on an orderly end does anything."""


def plan(folder: Path, examples: int, **given: Any) -> Plan:
    mix = given.pop("mix", {"openai": 60, "scripted": 40})
    chosen = {"settings": SETTINGS, "teachers": (CONFIG,), **given}
    return Plan(examples, str(folder), mix, **chosen)


def run(
    wanted: Plan,
    *,
    resume: bool = False,
    provider: Wording | None = None,
    source: FakeSource | None = None,
    told: Callable[[Step], None] = lambda step: None,
    first: tuple[Example, ...] = (),
) -> Generation:
    """One process."""

    async def process() -> Generation:
        work = Work(wanted.output, wanted.identity(), resume=resume)
        with TeacherRun(work.folder, PRICES, wanted.max_cost_usd) as teacher_run:
            providers = {"openai": provider or Wording(Counter())}
            parts = Parts(source or FakeSource(), teacher_run, providers, first)
            generation = Generation(wanted, parts, work, told)
            try:
                await generation.run()
            finally:
                work.close()
            return generation

    return asyncio.run(process())


def made(folder: Path) -> list[Example]:
    return list(read(folder / TRAIN))


def metadata(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / METADATA).read_text())
    return found


def test_a_run_gives_what_was_asked_for_in_its_shares(tmp_path: Path) -> None:
    steps: list[Step] = []
    run(plan(tmp_path, 50), told=steps.append)
    examples = made(tmp_path)
    assert len(examples) == 50 == len({one.id for one in examples})
    facts = metadata(tmp_path)
    assert facts["figures"]["providers"] == {"openai": 30, "scripted": 20}
    assert facts["figures"]["kinds"] == {"call": {"count": 50, "share": 1.0}}
    assert facts["costs"]["cost_usd"] == pytest.approx(10 * (100 * 10 + 20 * 40) / 1e6)
    assert facts["filters"]["duplicates"]["kept"] == 50
    assert len(facts["template_groups"]) == 8 and facts["template_groups"][OTHERS]["examples"] == 50
    assert [step.examples for step in steps] == list(range(1, 51)) and steps[-1].cost_usd > 0
    for one in examples:
        assert {"provider", "model", "cost_usd"} <= one.source.keys()
    taught = next(one for one in examples if one.source["provider"] == "openai")
    assert taught.source["cost_usd"] > 0 and taught.source["prompt_version"] == "multiply-1"
    assert taught.messages[1].calls[0].arguments["path"] in taught.messages[0].text


def test_it_asks_no_more_than_it_needs(tmp_path: Path) -> None:
    provider = Wording(Counter())
    run(plan(tmp_path, 7, mix={"openai": 100}), provider=provider)
    assert provider.bill.total() == 3


def test_what_the_filters_take_is_made_up_for(tmp_path: Path) -> None:
    provider = Wording(Counter(), forgetful=3)
    run(plan(tmp_path, 40), provider=provider, source=FakeSource(repeats=4))
    assert len(made(tmp_path)) == 40
    filters = metadata(tmp_path)["filters"]
    assert filters["openai"]["rejected"]["arguments"]["count"] >= 8
    assert filters["duplicates"]["rejected"]["equal"]["count"] > 0


COUNT = 36
Kill = Callable[[pytest.MonkeyPatch], Callable[[Step], None]]


def at_example(number: int) -> Kill:
    """Killed when so many examples are there. An orderly end would checkpoint; a kill does not."""

    def kill(patch: pytest.MonkeyPatch) -> Callable[[Step], None]:
        def told(step: Step) -> None:
            if step.examples == number:
                patch.setattr(Work, "checkpoint", lambda *_, **__: None)
                raise Killed

        return told

    return kill


def at_write(number: int, *, done: bool) -> Kill:
    """Killed at the replacement of a file of that number, before or after it is in place."""

    def kill(patch: pytest.MonkeyPatch) -> Callable[[Step], None]:
        left = [number]

        def replaced(path: Path, content: bytes) -> None:
            left[0] -= 1
            if left[0] > 0 or done:
                put_in_place(path, content)
            if left[0] <= 0:
                patch.setattr(Work, "checkpoint", lambda *_, **__: None)
                raise Killed

        patch.setattr("training.generation.work.replace", replaced)
        return lambda step: None

    return kill


def killed_and_resumed(folder: Path, kills: Iterable[Kill]) -> None:
    """Compares with a run that was left alone."""
    whole, wanted, bill = plan(folder / "whole", COUNT), plan(folder / "killed", COUNT), Counter[str]()
    run(whole, provider=Wording(Counter(), forgetful=3))
    for kill in kills:
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            run(wanted, resume=True, provider=Wording(bill, forgetful=3), told=kill(patch))
    run(wanted, resume=True, provider=Wording(bill, forgetful=3))
    assert (folder / "killed" / TRAIN).read_bytes() == (folder / "whole" / TRAIN).read_bytes()
    assert len(made(folder / "killed")) == COUNT and set(bill.values()) == {1}
    for name in ("figures", "filters"):
        assert metadata(wanted.output)[name] == metadata(whole.output)[name]


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints come more often, so that a small run has some."""
    monkeypatch.setattr("training.generation.run.CHECKPOINT", 10)


@pytest.mark.usefixtures("often")
def test_a_killed_run_is_the_same_as_one_that_was_not(tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, [at_example(3), at_example(19), at_example(20), at_example(COUNT)])


@pytest.mark.usefixtures("often")
def test_a_kill_between_two_files_loses_nothing(tmp_path: Path) -> None:
    kills = [at_write(1, done=False), at_write(1, done=True), at_write(3, done=False), at_write(2, done=True)]
    killed_and_resumed(tmp_path, kills)


@pytest.mark.slow
@pytest.mark.usefixtures("often")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kills=st.lists(
        st.builds(at_example, st.integers(1, COUNT))
        | st.builds(at_write, st.integers(1, 8), done=st.booleans()),
        max_size=5,
    )
)
def test_killed_anywhere_and_resumed_it_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, kills: list[Kill]
) -> None:
    killed_and_resumed(tmp_path_factory.mktemp("run"), kills)


def test_a_budget_ends_a_run_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    bill = Counter[str]()
    wanted = plan(tmp_path, 60, mix={"openai": 100}, max_cost_usd=0.07)
    with pytest.raises(BudgetSpent):
        run(wanted, provider=Wording(bill))
    state = read_state(tmp_path)
    assert state is not None and 0 < state["examples"] < 60 and not (tmp_path / TRAIN).exists()
    run(replace(wanted, max_cost_usd=5.0), resume=True, provider=Wording(bill))
    assert len(made(tmp_path)) == 60 and set(bill.values()) == {1}


def test_a_finished_run_can_be_made_longer_and_what_a_person_rejects_is_replaced(tmp_path: Path) -> None:
    run(plan(tmp_path, 20))
    unwanted = {one.id for one in made(tmp_path)[:3]}
    reject(tmp_path, unwanted)
    run(plan(tmp_path, 25), resume=True)
    ids = [one.id for one in made(tmp_path)]
    assert len(set(ids)) == 25 and not unwanted & set(ids)
    assert metadata(tmp_path)["unwanted"] == 3


@pytest.mark.parametrize(
    ("resume", "given", "said"),
    [
        (False, {}, "--resume goes on"),
        (True, {"seed": 2}, "other seed"),
        (True, {"settings": GenerationSettings(near=0.5)}, "other settings"),
        (True, {"examples": 10}, "has 20 examples already"),
    ],
)
def test_a_folder_is_not_mixed_up(tmp_path: Path, resume: bool, given: dict[str, Any], said: str) -> None:
    run(plan(tmp_path, 20))
    with pytest.raises(GenerationError, match=said):
        run(plan(tmp_path, **{"examples": 30, **given}), resume=resume)
    assert len(made(tmp_path)) == 20


def test_a_source_that_repeats_itself_ends_the_run_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.generation.makers.ScriptedMaker.patience", 20)
    with pytest.raises(GenerationError, match="none was kept"):
        run(plan(tmp_path, 9, mix={"scripted": 100}), source=FakeSource(repeats=1000))


def test_seeds_of_the_log_come_first(tmp_path: Path) -> None:
    source = FakeSource()
    seed = asyncio.run(FakeSource().make(777))
    seed = replace(seed, source={**seed.source, "seed": "log"})
    run(plan(tmp_path, 6, mix={"openai": 100}), source=source, first=(seed,))
    assert [one.source["seed"] for one in made(tmp_path)[:3]] == [seed.id] * 3
    assert source.made == [0]


def test_a_plan_is_plain_json(tmp_path: Path) -> None:
    wanted = plan(tmp_path, 5, ways={"openai": "label"}, max_cost_usd=2.0)
    assert plan_from_dict(orjson.loads(orjson.dumps(plan_to_dict(wanted)))) == wanted


@pytest.mark.slow
def test_a_slow_run_keeps_each_example_as_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an example takes longer than the time between checkpoints, a kill loses none."""
    monkeypatch.setattr("training.generation.run.CHECKPOINT_S", 0.0)
    kept: list[int] = []
    checkpoint = Work.checkpoint

    def counted(work: Work, **values: object) -> None:
        checkpoint(work, **values)
        kept.append(int(work.state["bytes"]))

    monkeypatch.setattr(Work, "checkpoint", counted)
    killed_and_resumed(tmp_path, [at_example(3)])
    assert len(set(kept)) >= COUNT
