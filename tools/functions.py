"""Tools made from ordinary Python functions, for callers of this package.

Invariant: a blocking function never holds the event loop, and what it returns is checked against the schema
that it declares. Covered: plain and async functions whose arguments ``tools.schema`` can describe.
"""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from tools.base import Tool, ToolContext
from tools.calls import Risk, ToolResult
from tools.schema import description_of, schema_of


def function_tool(
    function: Callable[..., Any],
    *,
    name: str = "",
    risk: Risk = Risk.READ,
    timeout_s: float = 60.0,
    output: dict[str, Any] | None = None,
) -> Tool:
    """A tool that calls ``function`` with the arguments as keywords.

    The schema comes from the type hints, the description from the docstring. A text it returns is the result;
    anything else is the result's data, as JSON. ``risk`` WRITE or EXECUTE keeps it from running beside other
    calls. Raises TypeError where an argument has no type or one that no schema can say.
    """

    async def run(_context: ToolContext, /, **arguments: Any) -> ToolResult:
        if inspect.iscoroutinefunction(function):
            returned = await function(**arguments)
        else:
            returned = await asyncio.to_thread(function, **arguments)
            if inspect.isawaitable(returned):
                returned = await returned
        return _result(returned, structured=output is not None)

    return Tool(
        name=name or function.__name__,
        description=description_of(function),
        parameters=schema_of(function),
        risk=risk,
        run=run,
        timeout_s=timeout_s,
        output=output,
    )


def _result(returned: Any, *, structured: bool) -> ToolResult:
    if isinstance(returned, ToolResult):
        return returned
    if isinstance(returned, str):
        return ToolResult(success=True, text=returned, data=returned if structured else None)
    if returned is None and not structured:
        return ToolResult(success=True, text="done")
    return ToolResult(success=True, text="", data=returned)
