"""The whole of it: a process with the real SDK is killed again and again, and nothing is paid for twice."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from tests.training.teachers.conftest import PRICES, Bench, ask
from training.teachers.ledger import read_ledger
from training.teachers.run import TeacherRun

pytestmark = pytest.mark.slow
COUNT = 60
WORK = """
import asyncio, sys
from pathlib import Path
from tests.training.teachers.conftest import PRICES, ask
from training.teachers.base import ProviderConfig
from training.teachers.create import create_provider
from training.teachers.run import TeacherRun

async def work(provider, url, folder, count):
    teacher = create_provider(ProviderConfig(provider, "teacher-1", url, concurrency=6))
    with TeacherRun(Path(folder), PRICES, max_cost_usd=50) as run:
        print("begun", flush=True)
        async for _ in run.replies(teacher, (ask(str(n)) for n in range(int(count)))):
            pass

asyncio.run(work(*sys.argv[1:]))
"""


async def test_a_killed_run_with_the_real_sdk_pays_for_nothing_twice(bench: Bench, folder: Path) -> None:
    server = await bench.server(delay_s=0.03)
    randomly = random.Random(7)
    arguments = (bench.name, server.url, str(folder), str(COUNT))
    kills = 0
    while True:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WORK, *arguments),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begun\n"
        if kills < 3:
            await asyncio.sleep(randomly.uniform(0.02, 0.12))
        try:
            await asyncio.wait_for(process.wait(), 0.001 if kills < 3 else 60)
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            await process.wait()
            kills += 1
            continue
        break
    assert kills >= 2
    assert server.billed == {str(number): 1 for number in range(COUNT)}
    with TeacherRun(folder, PRICES) as run:
        provider = bench.provider(server)
        got = [one async for one in run.replies(provider, (ask(str(n)) for n in range(COUNT)))]
    texts = {one.request.id: one.reply.text for one in got if one.reply}
    assert texts == {str(number): f"echo {number}" for number in range(COUNT)}
    assert read_ledger(folder).total.replies == COUNT
