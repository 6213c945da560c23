"""How the panel of the teachers looks."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from assistant.settings import Settings
from assistant.teach_desk import Form, TeachDesk
from assistant.tui.screens.teach import TeachScreen
from tests.assistant.test_teach_desk import FakeJobs, begun
from tests.assistant.tui.driving import application, shown, started, until
from tests.assistant.tui.fake_chat import FakeChat
from tests.training.generation.making import FakeSource
from training.datasets.example import Example
from training.generation.plan import Plan
from training.jobs.base import Progress

pytestmark = pytest.mark.slow
Compare = Callable[..., bool]
PART = {
    "model": "small-1",
    "requests": 400,
    "price": "its page, 2026 (prices of 2026-11-20)",
    "batch_usd": 0.2,
}
COSTS = (("openai", 0.0004), ("anthropic", 4e-6), ("scripted", 0.0), ("openai", 0.0132))
PARTS = [
    {**PART, "provider": "openai", "cost_usd": 0.4, "at_most_usd": 2.5},
    {**PART, "provider": "anthropic", "cost_usd": 1.1, "at_most_usd": 6.5},
]


class Estimating(TeachDesk):
    """What it costs is known beforehand."""

    async def estimate(self, plan: Plan, *, begins: bool = False) -> dict[str, Any]:
        return {"cost_usd": 1.5, "at_most_usd": 9.0, "providers": PARTS}

    def question(self, facts: Mapping[str, Any]) -> str:
        return ""


def dressed(example: Example, number: int) -> Example:
    """As one of several providers made it."""
    provider, cost_usd = COSTS[number % len(COSTS)]
    return replace(example, source={**example.source, "provider": provider, "cost_usd": cost_usd})


def test_a_run_under_way(snap_compare: Compare, tmp_path: Path) -> None:
    """The sum of the estimate stands before its parts, heads above their columns to the right edge."""
    jobs, source = FakeJobs(), FakeSource()
    desk = Estimating(Settings(), jobs, tmp_path)  # type: ignore[arg-type]
    plan = desk.plan(Form(examples="1000"))
    desk.start(plan)
    jobs.made[-1] = replace(
        jobs.made[-1], progress=Progress(40, 1000, "examples", 5.0, 192.0), metrics={"cost_usd": 0.6}
    )
    made = [dressed(asyncio.run(source.make(number)), number) for number in range(40)]
    begun(plan, *made)
    desk.judge(made[1].id, wanted=False)
    screen = TeachScreen(desk)

    async def run(pilot: Pilot[int]) -> None:
        await started(pilot)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: "40 of 1,000" in shown(pilot))
        for name, value in (("providers", "openai,anthropic,scripted"), ("models", "openai=small-1")):
            screen.query_one(f"#{name}", Input).value = value
        screen.query_one("#folder", Input).value = "teach-examples"
        screen._estimate(plan, start=False)
        await until(pilot, lambda: "estimate: $1.50" in shown(pilot))
        screen.table.focus()
        await pilot.press("down", "down")
        await pilot.pause()

    assert snap_compare(application(FakeChat()), terminal_size=(124, 34), run_before=run)
