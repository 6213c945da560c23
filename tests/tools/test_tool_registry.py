"""The contract of the twelve built-in tools, and the registry that holds them."""

import json

import pytest

from tools.base import Tool, ToolContext
from tools.calls import Risk, ToolResult
from tools.registry import ANSWER, Registry, builtin_registry, tool
from tools.schema import validate

CONTRACT = [
    ("read_file", ["path"], ["start_line", "end_line"], Risk.READ),
    ("list_files", [], ["path", "pattern"], Risk.READ),
    ("search_files", ["pattern"], ["path"], Risk.READ),
    ("write_file", ["path", "content"], [], Risk.WRITE),
    ("edit_file", ["path", "old_text", "new_text"], [], Risk.WRITE),
    ("run_shell", ["command"], [], Risk.EXECUTE),
    ("run_python", ["code"], [], Risk.EXECUTE),
    ("run_tests", [], ["target"], Risk.EXECUTE),
    ("git_diff", [], ["path"], Risk.READ),
    ("search_docs", ["query"], [], Risk.READ),
    ("web_search", ["query"], [], Risk.NETWORK),
    ("fetch_url", ["url"], [], Risk.NETWORK),
]
TOOLS = list(builtin_registry())


@tool(risk=Risk.READ, timeout_s=3)
async def echo(context: ToolContext, /, *, text: str) -> ToolResult:
    """Say it back.

    Args:
        text: what to say
    """
    return ToolResult(success=True, text=text)


def test_names_order_arguments_and_risks_are_those_of_the_contract() -> None:
    found = [
        (
            one.name,
            one.parameters["required"],
            [name for name in one.parameters["properties"] if name not in one.parameters["required"]],
            one.risk,
        )
        for one in TOOLS
    ]
    assert found == CONTRACT


@pytest.mark.parametrize("one", TOOLS, ids=lambda one: one.name)
def test_every_tool_is_short_described_and_closed(one: Tool) -> None:
    assert 5 < len(one.description) <= 80 and one.description.endswith(".")
    assert one.parameters["additionalProperties"] is False
    assert all(entry.get("description") for entry in one.parameters["properties"].values())
    assert 0 < one.timeout_s <= 120
    assert (one.preview is not None) == (one.risk is Risk.WRITE)


@pytest.mark.parametrize("one", TOOLS, ids=lambda one: one.name)
def test_every_schema_is_valid_json_schema(one: Tool) -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(one.parameters)
    assert json.loads(json.dumps(one.parameters)) == one.parameters
    assert validate(one.parameters, {"sandbox": False}) is not None


def test_all_signatures_together_stay_small() -> None:
    text = json.dumps(
        [[one.name, one.description, one.parameters] for one in builtin_registry().signatures()]
    )
    assert len(text) < 5000


def test_signatures_are_the_same_every_time_and_end_with_answer() -> None:
    first, second = builtin_registry().signatures(), builtin_registry().signatures()
    assert first == second
    assert first[-1] == ANSWER and ANSWER.parameters["required"] == ["text"]
    assert [one.name for one in first[:-1]] == [row[0] for row in CONTRACT]


def test_the_decorator_makes_a_tool() -> None:
    assert (echo.name, echo.description, echo.risk, echo.timeout_s) == ("echo", "Say it back.", Risk.READ, 3)
    assert echo.parameters["properties"] == {"text": {"type": "string", "description": "what to say"}}


def test_a_registry_keeps_order_and_finds_by_name() -> None:
    registry = Registry([echo])
    assert registry.names() == ("echo",) and len(registry) == 1 and "echo" in registry
    assert registry.get("echo") is echo and registry.get("other") is None
    assert [one.name for one in registry] == ["echo"]


def test_a_name_is_given_once_and_answer_never() -> None:
    registry = Registry([echo])
    with pytest.raises(ValueError, match="already registered"):
        registry.add(echo)

    @tool()
    async def answer(context: ToolContext, /, *, text: str) -> ToolResult:
        """Take the place of the final reply."""
        return ToolResult(success=True, text=text)

    with pytest.raises(ValueError, match="`answer`"):
        registry.add(answer)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("readfile", "read_file"), ("shell_run", "run_shell"), ("answr", "answer"), ("zzzz", None), ("", None)],
)
def test_G03_the_nearest_name_is_proposed(said: str, meant: str | None) -> None:
    assert builtin_registry().nearest(said) == meant
