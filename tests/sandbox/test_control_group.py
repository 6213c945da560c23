"""A control group that the kernel does not let go of yet."""

import asyncio
import os

from sandbox import control_group


async def test_waiting_for_the_end_of_a_group_holds_nothing_else_up(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(control_group, "_parent", lambda: tmp_path)
    monkeypatch.setattr(control_group, "_GONE_S", 0.03)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.002)

    ticking = asyncio.create_task(tick())
    async with control_group.process_group(10) as join:
        assert join is not None
        await asyncio.sleep(0)
        before = ticks
    ticking.cancel()
    assert ticks > before + 1
    assert "is left over" in caplog.text
