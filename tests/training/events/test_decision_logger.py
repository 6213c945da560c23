"""The log for other agents: as an agent's author would use it."""

import asyncio
import subprocess
import sys

import pytest

from training import AgentDecisionLogger, DecisionLoggerMixin
from training.events import EventLogError


@pytest.fixture
def logger(folder):
    made = AgentDecisionLogger(folder)
    yield made
    made.close()


async def test_a_decision_is_logged_and_read_back(logger):
    await logger.log_decision(
        agent_id="customer_agent",
        context={"customer_id": "123"},
        tools_available=[{"name": "check_balance"}, {"name": "transfer"}],
        tool_selected="check_balance",
        reasoning="Customer requested balance",
        confidence=0.95,
    )
    (row,) = logger.get_history()
    assert row["agent_id"] == "customer_agent"
    assert row["context"] == {"customer_id": "123"}
    assert row["tools_available"] == [{"name": "check_balance"}, {"name": "transfer"}]
    assert (row["tool_selected"], row["reasoning"], row["confidence"]) == (
        "check_balance",
        "Customer requested balance",
        0.95,
    )
    assert row["outcome"] is None and row["review"] is None


async def test_a_row_may_be_logged_again_as_it_came(logger, tmp_path):
    await logger.log_decision(
        "a",
        {"request": "r"},
        ["x", "y"],
        {"name": "x"},
        tool_parameters={"p": 1},
        outcome={"success": True, "result": "done", "execution_time_ms": 5},
        review={"verdict": "corrected", "corrected_tool": "y", "corrected_parameters": {}, "reason": "why"},
        category="c",
        model="m",
        latency_ms=1.5,
        session_id="s",
        event_id="00000000-0000-7000-8000-000000000001",
        teacher_model="t",
        teacher_tool="y",
        teacher_parameters={"p": 2},
        teacher_confidence=0.5,
    )
    (row,) = logger.get_history()
    assert row["event_id"] == "00000000-0000-7000-8000-000000000001"
    copy = AgentDecisionLogger(tmp_path / "copy")
    await copy.log_decision(**row)
    (copied,) = copy.get_history()
    copy.close()
    assert copied == row


@pytest.mark.parametrize(
    ("given", "stored"), [("2030-01-01T02:00:00+02:00", "2030-01-01T00:00:00.000000+00:00")]
)
async def test_a_time_of_the_past_is_kept_in_utc(logger, given, stored):
    await logger.log_decision("a", {}, ["x"], "x", timestamp=given)
    assert logger.get_history()[0]["timestamp"] == stored


@pytest.mark.parametrize("wrong", ["yesterday", "2030-01-01T02:00:00"])
async def test_a_time_that_cannot_be_placed_is_refused(logger, wrong):
    with pytest.raises(EventLogError, match="timestamp"):
        await logger.log_decision("a", {}, ["x"], "x", timestamp=wrong)
    assert logger.get_history() == []


async def test_the_same_decision_twice_is_one(logger):
    for _ in range(2):
        await logger.log_decision("a", {}, ["x"], "x", event_id="e", outcome={"success": True})
    (row,) = logger.get_history()
    assert row["outcome"] == {"success": True, "result": None, "execution_time_ms": None}


async def test_many_at_once(logger):
    await asyncio.gather(*(logger.log_decision(f"agent{n % 3}", {"n": n}, ["x"], "x") for n in range(20)))
    assert sorted(row["context"]["n"] for row in logger.get_history()) == list(range(20))
    assert len(logger.get_history(agent_id="agent1")) == 7
    assert len(logger.get_history(limit=4)) == 4
    assert len({row["session_id"] for row in logger.get_history()}) == 1


async def test_a_new_process_sees_the_same_log(logger, folder):
    await logger.log_decision("a", {"n": 1}, ["x"], "x")
    code = (
        "import sys; from training import AgentDecisionLogger; "
        "print(AgentDecisionLogger(sys.argv[1]).get_history()[0]['context'])"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "{'n': 1}"


async def test_figures_over_time_and_as_of(logger):
    days = ["2030-01-04T10:00:00+00:00", "2030-01-05T10:00:00+00:00"]
    for day, success in zip(days, (True, False), strict=True):
        await logger.log_decision("a", {}, ["x"], "x", outcome={"success": success}, timestamp=day)
    await logger.log_decision("b", {}, ["x"], "x", timestamp="2030-01-06T10:00:00Z")
    found = logger.get_statistics(agent_id="a", by="week")
    assert (found["decisions"], found["accuracy"]) == (2, 0.5)
    (week,) = found["over_time"]
    assert (week["period"], week["success_rate"]) == ("2030-W01", 0.5)
    assert [logger.get_statistics(as_of=end)["succeeded"] for end in (1, 2, 5)] == [0, 1, 1]
    # The outcomes were recorded now, so that in 2030 they had been for long.
    assert len(logger.get_history(as_of="2030-01-05T12:00:00Z")) == 2
    assert len(logger.get_history(as_of=3)) == 2
    with pytest.raises(EventLogError, match="no zone"):
        logger.get_history(as_of="2030-01-05")


async def test_closed_and_used_again(logger):
    await logger.log_decision("a", {}, ["x"], "x")
    logger.close()
    logger.close()
    assert len(logger.get_history()) == 1


async def test_the_default_is_the_user_s_own_log(monkeypatch, tmp_path):
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    logger = AgentDecisionLogger()
    await logger.log_decision("a", {}, ["x"], "x")
    logger.close()
    assert (tmp_path / "data" / "events" / "head").exists()


class MyAgent(DecisionLoggerMixin):
    async def select_tool(self, context, tools):
        selected = tools[0]
        await self.log_decision(context, tools, selected, "reasoning")
        return selected


async def test_the_mixin_logs_for_its_class(monkeypatch, tmp_path):
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    agent = MyAgent()
    assert await agent.select_tool({"k": 1}, [{"name": "first"}, {"name": "second"}]) == {"name": "first"}
    assert await agent.select_tool({"k": 2}, ["first"]) == "first"
    found = agent.decision_logger.get_history()
    assert [(row["agent_id"], row["tool_selected"], row["reasoning"]) for row in found] == [
        ("MyAgent", "first", "reasoning"),
        ("MyAgent", "first", "reasoning"),
    ]
    agent.decision_logger.close()


async def test_the_mixin_may_be_named_and_placed(folder):
    class Fraud(DecisionLoggerMixin):
        agent_id = "fraud"
        category = "core_security"

    agents = [Fraud(), Fraud()]
    for agent in agents:
        agent.decision_log = folder
        await agent.log_decision({}, ["x"], "x", confidence=0.5, outcome={"success": True})
    found = agents[0].decision_logger.get_history(agent_id="fraud", category="core_security")
    assert len(found) == 2
    assert agents[0].decision_logger is not agents[1].decision_logger
    for agent in agents:
        agent.decision_logger.close()
