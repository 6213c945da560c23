"""The whole of it: a process with the real SDKs is killed again and again, or cancelled, and goes on."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.training.generation.making import FakeSource
from tests.training.generation.wording import server_of
from training.datasets.example import read
from training.generation.plan import Plan, plan_from_dict
from training.generation.running import generate
from training.generation.settings import GenerationSettings
from training.generation.work import EXAMPLES, FOLDER, TRAIN, read_state
from training.teachers.base import ProviderConfig
from training.teachers.ledger import read_ledger

pytestmark = pytest.mark.slow
COUNT = 240
WORK = """
import asyncio, json, sys
from tests.training.generation.test_generation_killed import work
print("begun", flush=True)
asyncio.run(work(json.loads(sys.argv[1])))
"""


async def work(plan: dict[str, Any]) -> None:
    """What the process does."""
    await generate(plan_from_dict(plan), resume=True, open_source=lambda plan: Opened())


class Opened:
    """A source without a sandbox."""

    async def __aenter__(self) -> FakeSource:
        return FakeSource()

    async def __aexit__(self, *_: object) -> None:
        return None


def plan_for(folder: Path, *servers: Any) -> Plan:
    teachers = tuple(
        ProviderConfig(name, "teacher-1", server.url, concurrency=6)  # type: ignore[arg-type]
        for name, server in zip(("openai", "anthropic"), servers, strict=True)
    )
    mix = {"openai": 40, "anthropic": 40, "scripted": 20}
    settings = GenerationSettings(languages=("en",), near=1.0)
    return Plan(COUNT, str(folder), mix, teachers, settings=settings)


@pytest.fixture
async def servers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Any]]:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "sk-canary")
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(server_of(name, delay_s=0.05)) for name in ("openai", "anthropic")
        ]


async def started(plan: Plan) -> asyncio.subprocess.Process:
    import orjson

    from training.generation.plan import plan_to_dict

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORK, orjson.dumps(plan_to_dict(plan)).decode()),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begun\n"
    return process


@pytest.mark.timeout(900)
async def test_killed_again_and_again_it_has_n_distinct_examples_and_pays_for_none_twice(
    servers: list[Any], tmp_path: Path
) -> None:
    plan, dice, kills = plan_for(tmp_path, *servers), random.Random(11), 0
    while kills < 4:
        process = await started(plan)
        grown, wanted = 0, dice.randrange(10, 60)
        before = len(_lines(tmp_path))
        while process.returncode is None and grown < wanted:
            await asyncio.sleep(0.01)
            grown = abs(len(_lines(tmp_path)) - before)
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        await process.wait()
    assert await (await started(plan)).wait() == 0
    examples = list(read(tmp_path / TRAIN))
    assert len(examples) == COUNT == len({one.id for one in examples})
    for server in servers:
        assert set(server.billed.values()) == {1}
    assert read_ledger(tmp_path / FOLDER).total.replies == sum(server.billed.total() for server in servers)


def _lines(folder: Path) -> list[bytes]:
    path = folder / FOLDER / EXAMPLES
    return path.read_bytes().splitlines() if path.exists() else []


async def test_what_is_under_way_when_it_is_cancelled_is_kept(servers: list[Any], tmp_path: Path) -> None:
    plan = plan_for(tmp_path, *servers)
    reached = asyncio.Event()
    running = asyncio.create_task(
        generate(plan, resume=False, told=lambda step: reached.set(), open_source=lambda plan: Opened())
    )
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    ledger = read_ledger(tmp_path / FOLDER)
    assert ledger.total.lost_usd == 0
    assert ledger.total.replies == sum(server.billed.total() for server in servers) > 0
    state = read_state(tmp_path)
    assert state is not None and state["examples"] == len(_lines(tmp_path)) > 0
