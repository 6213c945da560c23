"""Cases and decisions that several tests of the evaluation use."""

from typing import Any

import orjson

from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.evaluation.cases import Case, Expected, Rule
from training.evaluation.predictions import Prediction

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather.get",
        "description": "The weather of a city.",
        "parameters": {
            "type": "dict",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
}


def line(**fields: Any) -> bytes:
    """One case of a file: a plain request to read a file, with ``fields`` in place of its own."""
    right = [{"tool": "read_file", "arguments": {"path": ["a.py"]}}]
    given = {"id": "one", "request": "open a.py", "expected": right} | fields
    return orjson.dumps({name: value for name, value in given.items() if value is not None})


def expected(tool: str, /, **arguments: list[Any]) -> Expected:
    return Expected(tool, {name: tuple(values) for name, values in arguments.items()})


def case(*right: Expected, rule: Rule = "any", **fields: Any) -> Case:
    return Case("one", (Message("user", text="open a.py"),), right, rule=rule, **fields)


def made(*calls: tuple[str, dict[str, Any]], **fields: Any) -> Prediction:
    """What a student decided: ``calls``, or an answer where there are none."""
    fields = {"case_id": "one", "answer": "" if calls else "Hello."} | fields
    return Prediction(calls=tuple(ToolCall("", *call) for call in calls), **fields)
