"""A control group that the kernel does not let go of yet."""

import asyncio
import os
import time
from itertools import count
from types import SimpleNamespace

from sandbox import control_group, leftovers
from sandbox.scratch import Scratch


async def test_waiting_for_the_end_of_a_group_holds_nothing_else_up(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(control_group, "_parent", lambda: tmp_path)
    scratch = Scratch("test")
    ticks = before = 0
    passing = count(1000, 1000)
    hurried = SimpleNamespace(
        sleep=time.sleep, monotonic=lambda: float(next(passing)) if ticks > before + 1 else 0.0
    )
    monkeypatch.setattr(leftovers, "time", hurried)

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.002)

    ticking = asyncio.create_task(tick())
    async with control_group.process_group(10, scratch) as join:
        assert join is not None
        join.touch()
        await asyncio.sleep(0)
        before = ticks
    ticking.cancel()
    scratch.close()
    assert ticks > before + 1
    assert "is left over" in caplog.text
