"""The API for other agents as it is described, and every profile logging through it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from training import AgentDecisionLogger, DecisionLoggerMixin
from training.products.performance import agent_snapshots, category_snapshots
from training.profiles import Profile, builtin_profiles, example_profiles

EVERYONE = [*builtin_profiles().values(), *example_profiles().values()]


async def test_the_logger_as_the_guide_prints_it():
    logger = AgentDecisionLogger()
    await logger.log_decision(
        agent_id="customer_agent",
        context={"customer_id": "123"},
        tools_available=[{"name": "check_balance"}, {"name": "transfer"}],
        tool_selected="check_balance",
        reasoning="Customer requested balance",
        confidence=0.95,
    )
    (row,) = logger.get_history()
    logger.close()
    assert (row["agent_id"], row["context"], row["confidence"]) == (
        "customer_agent",
        {"customer_id": "123"},
        0.95,
    )
    assert (row["tool_selected"], row["reasoning"]) == ("check_balance", "Customer requested balance")
    assert row["tools_available"] == [{"name": "check_balance"}, {"name": "transfer"}]
    script = "from training import AgentDecisionLogger; print(len(AgentDecisionLogger().get_history()))"
    again = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert again.stdout == "1\n"


async def test_the_mixin_as_the_guide_prints_it():
    class MyAgent(DecisionLoggerMixin):
        def _choose_tool(self, context, tools):
            return tools[0]

        async def select_tool(self, context, tools):
            selected = self._choose_tool(context, tools)
            await self.log_decision(context, tools, selected, "reasoning")
            return selected

    agent = MyAgent()
    assert await agent.select_tool({"request": "r"}, [{"name": "a"}, {"name": "b"}]) == {"name": "a"}
    assert await agent.select_tool({"request": "r"}, ["b", "c"]) == "b"
    rows = agent.decision_logger.get_history()
    agent.decision_logger.close()
    assert [row["tool_selected"] for row in rows] == ["a", "b"]
    assert {row["agent_id"] for row in rows} == {"MyAgent"}
    assert {row["reasoning"] for row in rows} == {"reasoning"}


class DeclaredAgent(DecisionLoggerMixin):
    """An agent of a profile: it takes its tools in turn, and the first of them fails."""

    def __init__(self, profile: Profile, log: Path) -> None:
        self.profile = profile
        self.agent_id, self.category, self.decision_log = profile.name, profile.category, log

    async def decide(self, turn: int) -> None:
        tools = [{"name": tool} for tool in self.profile.tools]
        await self.log_decision(
            {
                "request": f"{self.profile.name} {turn}",
                "usage": {"prompt_tokens": 100, "completion_tokens": 10},
            },
            tools,
            tools[turn],
            "its turn",
            0.9,
            latency_ms=10.0 * (turn + 1),
            outcome={"success": turn > 0, "result": "done", "execution_time_ms": 5.0},
        )


@pytest.fixture
async def logged(tmp_path):
    """Three decisions of every profile, in one log."""
    for profile in EVERYONE:
        agent = DeclaredAgent(profile, tmp_path / "log")
        for turn in range(3):
            await agent.decide(turn)
        agent.decision_logger.close()
    logger = AgentDecisionLogger(tmp_path / "log")
    yield logger
    logger.close()


async def test_every_profile_has_its_history_and_its_figures(logged):
    assert len(logged.get_history()) == 3 * len(EVERYONE)
    for profile in EVERYONE:
        history = logged.get_history(agent_id=profile.name)
        assert [row["tool_selected"] for row in history] == list(profile.tools[:3])
        assert {row["category"] for row in history} == {profile.category}
    snapshots = {one["agent_id"]: one for one in agent_snapshots(logged.get_history())}
    assert set(snapshots) == {profile.name for profile in EVERYONE}
    for figures in snapshots.values():
        assert (figures["decisions"], figures["succeeded"], figures["failed"]) == (3, 2, 1)
        assert figures["success_rate"] == figures["score"] == pytest.approx(2 / 3)
        assert (figures["latency_p50_ms"], figures["total_time_ms"]) == (20, 75)
        assert (figures["prompt_tokens"], figures["completion_tokens"]) == (300, 30)


async def test_every_category_has_its_history_and_its_figures(logged):
    members = dict.fromkeys((profile.category for profile in EVERYONE), 0)
    for profile in EVERYONE:
        members[profile.category] += 1
    assert len(members) == 8
    snapshots = {one["category"]: one for one in category_snapshots(logged.get_history())}
    assert set(snapshots) == set(members)
    for category, number in members.items():
        history = logged.get_history(category=category)
        assert len(history) == 3 * number
        assert snapshots[category]["decisions"] == 3 * number
        assert snapshots[category]["prompt_tokens"] == 300 * number
        assert snapshots[category]["total_time_ms"] == 75 * number
