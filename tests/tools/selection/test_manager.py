"""The manager as other programs use it: nothing is made up, what is chosen runs, and all of it is counted."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools import OptimizationManager, ToolSelectionContext, get_optimization_manager
from tools.base import ToolContext
from tools.calls import Risk, ToolCall
from tools.protocol.messages import Signature

FORM = {
    "type": "function",
    "function": {
        "name": "book_table",
        "description": "Book a table in a restaurant",
        "parameters": {"type": "object", "properties": {"people": {"type": "integer"}}},
    },
}


def get_weather(city: str, days: int = 1) -> dict[str, Any]:
    """Get the weather forecast of a city."""
    return {"city": city, "days": days, "sky": "clear"}


async def query_db(sql: str) -> list[int]:
    """Run a SQL query on the database."""
    return [len(sql)]


def analyze(numbers: list[float]) -> str:
    """Analyze numbers."""
    return f"the sum is {sum(numbers):g}"


class Chooses:
    """Chooses what it was told to, and keeps what it was offered."""

    def __init__(self, *calls: tuple[str, dict[str, Any]]) -> None:
        self._calls = calls
        self.offered: list[str] = []

    async def __call__(self, task: str, tools: Sequence[Signature]) -> Sequence[ToolCall]:
        self.offered = [tool.name for tool in tools]
        return [ToolCall(f"c{place}", name, given) for place, (name, given) in enumerate(self._calls)]


@pytest.fixture
def manager(tmp_path: Path) -> OptimizationManager:
    return OptimizationManager(context=ToolContext(tmp_path.resolve()))


def task(text: str = "Get weather forecast", **options: Any) -> ToolSelectionContext:
    return ToolSelectionContext(task_description=text, **options)


async def test_the_published_usage_works_as_it_stands() -> None:
    manager = get_optimization_manager()
    context = ToolSelectionContext(task_description="Get weather forecast", max_tools=5, prefer_fast=True)
    result = await manager.optimize_and_execute(
        context=context, available_tools=["get_weather", "query_db", "analyze"]
    )
    assert result["tokens_saved"] > 50
    assert result["selected_tools"][0] == "get_weather"
    assert (result["success"], result["results"]) == (None, [])
    assert "register" in result["note"]
    assert get_optimization_manager() is manager


async def test_what_is_chosen_runs(manager: OptimizationManager) -> None:
    manager.register(get_weather)
    manager.decide = Chooses(("get_weather", {"city": "Oslo"}))
    result = await manager.optimize_and_execute(context=task(), available_tools=["get_weather", "analyze"])
    (ran,) = result["results"]
    assert (ran["tool"], ran["success"], ran["result"]) == (
        "get_weather",
        True,
        '{"city":"Oslo","days":1,"sky":"clear"}',
    )
    assert ran["data"] == get_weather("Oslo") and ran["execution_time_ms"] >= 0
    assert (result["success"], result["note"]) == (True, "")
    assert result["signatures"][0].startswith("get_weather(city, days?: int): Get the weather")


async def test_only_tools_of_which_more_than_a_name_is_known_are_put_to_the_decision(
    manager: OptimizationManager,
) -> None:
    manager.register(get_weather)
    manager.decide = chooses = Chooses()
    result = await manager.optimize_and_execute(
        context=task(), available_tools=["get_weather", "analyze", FORM]
    )
    assert chooses.offered == ["get_weather", "book_table"]
    assert (result["success"], result["results"]) == (None, []) and "no tool was chosen" in result["note"]


async def test_without_anybody_to_choose_nothing_runs(manager: OptimizationManager) -> None:
    manager.register(get_weather)
    result = await manager.optimize_and_execute(context=task(), available_tools=["get_weather"])
    assert (result["success"], result["results"]) == (None, []) and "manager.decide" in result["note"]


async def test_a_call_of_a_tool_that_is_only_described_is_the_callers_to_make(
    manager: OptimizationManager,
) -> None:
    manager.decide = Chooses(("book_table", {"people": 2}))
    result = await manager.optimize_and_execute(context=task("book a table"), available_tools=[FORM])
    assert result["calls"] == [{"tool": "book_table", "arguments": {"people": 2}}]
    assert (result["success"], result["results"]) == (None, [])


async def test_tools_may_be_functions_tools_signatures_and_bare_forms(manager: OptimizationManager) -> None:
    made = manager.register(query_db)
    given = [get_weather, made, Signature("other", "Another tool", {"type": "object"}), FORM["function"]]
    result = await manager.optimize_and_execute(context=task(), available_tools=given)  # type: ignore[arg-type]
    assert sorted(result["selected_tools"]) == ["book_table", "get_weather", "other", "query_db"]


async def test_at_most_as_many_as_wanted_are_selected(manager: OptimizationManager) -> None:
    names = ["get_weather", *(f"tool_{number}" for number in range(30))]
    result = await manager.optimize_and_execute(context=task(max_tools=3), available_tools=names)
    assert len(result["selected_tools"]) == 3 and "get_weather" in result["selected_tools"]


async def test_a_named_tool_is_selected_whatever_its_rank(manager: OptimizationManager) -> None:
    names = [*(f"weather_forecast_{number}" for number in range(9)), "zz_top"]
    context = task("weather forecast with zz_top", max_tools=1)
    result = await manager.optimize_and_execute(context=context, available_tools=names)
    assert "zz_top" in result["selected_tools"]


async def test_every_tool_without_evidence_has_its_turn(manager: OptimizationManager) -> None:
    names = ["get_weather", *(f"tool_{number}" for number in range(8))]
    seen: set[str] = set()
    for _ in range(9):
        result = await manager.optimize_and_execute(context=task(max_tools=3), available_tools=names)
        assert len(result["selected_tools"]) == 3 and "get_weather" in result["selected_tools"]
        seen |= set(result["selected_tools"])
    assert seen == set(names)


async def test_of_two_alike_the_faster_is_preferred_where_that_is_wished(
    manager: OptimizationManager,
) -> None:
    def sluggish_price(item: str) -> str:
        """Look up the price of an item."""
        time.sleep(0.12)
        return "1"

    def speedy_price(item: str) -> str:
        """Look up the price of an item."""
        return "1"

    for function in (sluggish_price, speedy_price):
        manager.register(function)
    names = ["sluggish_price", "speedy_price"]
    manager.decide = Chooses(*((name, {"item": "tea"}) for name in names))
    wanted = task("look up the price of the item", max_tools=2)
    await manager.optimize_and_execute(context=wanted, available_tools=names)
    fast = task("look up the price of the item", max_tools=1, prefer_fast=True)
    manager.decide = None
    result = await manager.optimize_and_execute(context=fast, available_tools=names)
    assert result["selected_tools"] == ["speedy_price"]


async def test_calls_that_read_run_side_by_side_and_others_alone(manager: OptimizationManager) -> None:
    running, most = 0, 0

    async def busy(name: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return name

    manager.register(busy, name="look")
    manager.register(busy, name="change", risk=Risk.WRITE)
    for tool, together in (("look", 4), ("change", 1)):
        most = 0
        manager.decide = Chooses(*((tool, {"name": str(number)}) for number in range(4)))
        result = await manager.optimize_and_execute(context=task("do it"), available_tools=[tool])
        assert [one["result"] for one in result["results"]] == ["0", "1", "2", "3"]
        assert most == together


async def test_builtin_tools_are_run_where_they_only_read(
    manager: OptimizationManager, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("content", encoding="utf-8")
    manager.decide = Chooses(
        ("read_file", {"path": "a.txt"}), ("write_file", {"path": "b.txt", "content": "x"})
    )
    result = await manager.optimize_and_execute(
        context=task("read a.txt and write b.txt"), available_tools=["read_file", "write_file"]
    )
    read, written = result["results"]
    assert read["result"] == "content" and result["success"] is False
    assert not written["success"] and "does more than read" in written["result"]
    assert not (tmp_path / "b.txt").exists()


async def test_a_failure_is_a_result(manager: OptimizationManager) -> None:
    def breaks() -> str:
        """Break."""
        raise LookupError("no such city")

    manager.register(breaks)
    manager.decide = Chooses(("breaks", {}), ("breaks", {"much": 1}), ("unheard_of", {}))
    result = await manager.optimize_and_execute(context=task("break it"), available_tools=["breaks"])
    first, second, third = (one["result"] for one in result["results"])
    assert "LookupError: no such city" in first and "unknown argument" in second and "no tool named" in third
    assert result["success"] is False


async def test_statistics_count_tasks_calls_times_and_tokens(manager: OptimizationManager) -> None:
    manager.register(get_weather)
    manager.decide = Chooses(("get_weather", {"city": "Oslo"}), ("get_weather", {"town": "Oslo"}))
    for _ in range(2):
        result = await manager.optimize_and_execute(
            context=task(), available_tools=["get_weather", "query_db"]
        )
    counted = manager.statistics()
    assert result["statistics"] == counted
    assert (counted["tasks"], counted["calls"], counted["success_rate"]) == (2, 4, 0.5)
    assert counted["tokens_saved"] == 2 * result["tokens_saved"]
    assert counted["tools"]["get_weather"]["calls"] == 4
    assert counted["tools"]["get_weather"]["p50_ms"] <= counted["tools"]["get_weather"]["p95_ms"]


@pytest.mark.parametrize(
    ("available", "said"),
    [
        (["a", "a"], "available_tools names `a` twice"),
        ([{"function": {"name": 3}}], r"available_tools\[0\]\.function\.name must be one word"),
        ([3], r"available_tools\[0\] is int"),
        ("get_weather", "must be a list"),
        ([lambda city: city], "needs a name and a type"),
    ],
)
async def test_what_is_no_tool_is_refused(manager: OptimizationManager, available: Any, said: str) -> None:
    with pytest.raises((ValueError, TypeError), match=said):
        await manager.optimize_and_execute(context=task(), available_tools=available)


def test_a_name_is_taken_once(manager: OptimizationManager) -> None:
    manager.register(get_weather)
    with pytest.raises(ValueError, match="already registered"):
        manager.register(get_weather)


@pytest.mark.parametrize(("text", "most"), [("", 5), ("  ", 5), ("go", 0)])
def test_a_task_says_what_and_selects_at_least_one_tool(text: str, most: int) -> None:
    with pytest.raises(ValueError, match=r"task_description|max_tools"):
        ToolSelectionContext(task_description=text, max_tools=most)


def test_other_names_are_not_there() -> None:
    import tools

    with pytest.raises(AttributeError, match="no attribute 'manager'"):
        _ = tools.manager  # type: ignore[attr-defined]
