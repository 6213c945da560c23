"""Tools from functions, and results that are checked against what a tool declares."""

import threading
from pathlib import Path
from typing import Any

import pytest

from tools.base import Tool, ToolContext
from tools.calls import Risk, ToolCall, ToolResult
from tools.executor import Executor
from tools.functions import function_tool
from tools.registry import Registry, tool

WEATHER = {
    "type": "object",
    "properties": {"sky": {"type": "string"}, "degrees": {"type": "number"}},
    "required": ["sky", "degrees"],
    "additionalProperties": False,
}


async def ran(made: Tool, tmp_path: Path, **arguments: Any) -> ToolResult:
    return await Executor(Registry([made]), ToolContext(tmp_path)).run(ToolCall("c", made.name, arguments))


def returning(value: Any, **options: Any) -> Tool:
    def give() -> Any:
        """Give what it has."""
        return value

    return function_tool(give, **options)


def test_a_function_says_what_it_takes() -> None:
    def add(first: int, second: int = 2) -> int:
        """Add two numbers.

        Args:
            first: the one
        """
        return first + second

    made = function_tool(add, name="plus", risk=Risk.WRITE)
    assert (made.name, made.description, made.risk) == ("plus", "Add two numbers.", Risk.WRITE)
    assert made.parameters["required"] == ["first"]
    assert made.parameters["properties"]["first"] == {"type": "integer", "description": "the one"}


async def test_a_plain_function_does_not_hold_the_loop(tmp_path: Path) -> None:
    def where() -> str:
        """Say the thread."""
        return threading.current_thread().name

    assert (await ran(function_tool(where), tmp_path)).text != threading.current_thread().name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("words", "words"),
        ({"b": [1, 2.5], "a": None}, '{"b":[1,2.5],"a":null}'),
        ([], "[]"),
        (0, "0"),
        (None, "done"),
        ("ü", "ü"),
        (ToolResult(success=False, text="no"), "no"),
    ],
)
async def test_what_a_function_returns_is_what_is_read(tmp_path: Path, value: Any, text: str) -> None:
    assert (await ran(returning(value), tmp_path)).text == text


async def test_a_result_as_declared_is_passed_on_with_its_data(tmp_path: Path) -> None:
    value = {"sky": "clear", "degrees": 21}
    result = await ran(returning(value, output=WEATHER), tmp_path)
    assert (result.success, result.data, result.text) == (True, value, '{"sky":"clear","degrees":21}')


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"sky": "clear", "degrees": "21"}, "`degrees` must be a number, not a string"),
        ({"sky": "clear"}, "`result`: 'degrees' is a required property"),
        (
            {"sky": "", "degrees": 1, "more": 1},
            "Additional properties are not allowed ('more' was unexpected)",
        ),
        ("clear", "`result` must be an object, not a string"),
        (None, "`result` must be an object, not null"),
        ([{}], "`result` must be an object, not an array"),
    ],
)
async def test_a_result_that_breaks_its_promise_is_a_clear_failure(
    tmp_path: Path, value: Any, said: str
) -> None:
    result = await ran(returning(value, output=WEATHER), tmp_path)
    assert not result.success and said in result.text
    assert result.text.startswith("give returned something else than it declares: ")


async def test_a_text_may_be_declared_too(tmp_path: Path) -> None:
    made = returning("on", output={"enum": ["on", "off"]})
    assert (await ran(made, tmp_path)).text == "on"
    made = returning("half", output={"enum": ["on", "off"]})
    assert "`result` must be one of 'on', 'off'" in (await ran(made, tmp_path)).text


async def test_a_tool_of_the_decorator_may_declare_its_result(tmp_path: Path) -> None:
    @tool(output=WEATHER)
    async def forecast(context: ToolContext, /, *, good: bool) -> ToolResult:
        """Tell the weather."""
        return ToolResult(success=True, text="fine", data={"sky": "clear", "degrees": 20} if good else None)

    assert (await ran(forecast, tmp_path, good=True)).text == "fine"
    assert not (await ran(forecast, tmp_path, good=False)).success


async def test_a_failure_needs_no_data(tmp_path: Path) -> None:
    result = await ran(returning(ToolResult(success=False, text="offline"), output=WEATHER), tmp_path)
    assert (result.success, result.text) == (False, "offline")


async def test_a_result_that_never_ends_in_itself_is_a_failure(tmp_path: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    result = await ran(returning(endless), tmp_path)
    assert not result.success and "give failed inside" in result.text
