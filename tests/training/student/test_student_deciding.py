"""A student that chooses for the manager."""

from pathlib import Path

import pytest

from assistant.deciding import student_decides
from tools import OptimizationManager, ToolSelectionContext
from tools.base import ToolContext
from tools.calls import ToolCall
from training.student.base import Decision
from training.student.deciding import StudentDecides
from training.student.prompt import shipped_prompt
from training.student.scripted import ScriptedStudent, answer


def greet(name: str) -> str:
    """Greet somebody."""
    return f"hello {name}"


async def test_the_students_calls_are_run_each_once(tmp_path: Path) -> None:
    twice = Decision(calls=tuple(ToolCall("", "greet", {"name": name}) for name in ("Ada", "Ada", "Bo")))
    student = ScriptedStudent([twice, answer("no need")])
    manager = OptimizationManager(
        decide=StudentDecides(student, shipped_prompt("small")), context=ToolContext(tmp_path)
    )
    task = ToolSelectionContext("greet Ada and Bo")
    result = await manager.optimize_and_execute(context=task, available_tools=[greet])
    assert [one["result"] for one in result["results"]] == ["hello Ada", "hello Bo"]
    (asked,) = student.conversations
    assert [one.name for one in asked.signatures] == ["greet", "answer"]
    assert asked.messages[0].text == "greet Ada and Bo"
    assert asked.prompt.describe and asked.prompt.examples == ()
    result = await manager.optimize_and_execute(context=task, available_tools=[greet])
    assert result["success"] is None and result["calls"] == []


@pytest.mark.gguf
async def test_the_embedded_student_fills_in_the_arguments(tmp_path: Path) -> None:
    def get_weather(city: str, days: int = 1) -> dict[str, str]:
        """Get the weather forecast of a city."""
        return {"city": city}

    manager = OptimizationManager(context=ToolContext(tmp_path))
    manager.decide = decides = student_decides(tmp_path)
    task = ToolSelectionContext("Get the weather forecast for Paris")
    result = await manager.optimize_and_execute(context=task, available_tools=[get_weather])
    await decides.close()
    assert result["success"] is True
    assert result["results"][0]["data"] == {"city": "Paris"}
