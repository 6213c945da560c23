"""Tools of any make can be offered to the real student: no schema is refused, every call is well formed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tools.protocol.messages import Conversation, Message
from tools.protocol.openai_form import read_tools
from tools.registry import ANSWER
from tools.schema import validate
from training.student.local import LocalStudent
from training.student.other_tools import for_tools
from training.student.prompt import shipped_prompt
from training.student.settings import StudentSettings

pytestmark = pytest.mark.gguf

POINT = {"type": "tuple", "items": {"type": "float"}}
TOOLS: dict[str, dict[str, Any]] = {
    "geo.distance": {
        "type": "dict",
        "properties": {"start": POINT, "end": POINT, "unit": {"type": "string", "enum": ["km", "mi"]}},
        "required": ["start", "end"],
    },
    "geo.distance_matrix": {
        "properties": {"points": {"type": "array", "items": POINT}, "exact": {"type": "Boolean"}}
    },
    "order-create": {
        "type": "object",
        "properties": {
            "customer": {
                "type": "dict",
                "properties": {"name": {"type": "String"}, "age": {"type": "long"}},
                "required": ["name"],
            },
            "extra": {"type": "HashMap"},
            "anything": {"type": "any"},
            "either": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            'größe "cm"': {"type": "double", "default": 1.5},
        },
        "required": ["customer", "anything"],
    },
    "now": {},
    "deep": {
        "properties": {
            "a": {"properties": {"b": {"properties": {"c": {"type": "list"}}, "required": ["c"]}}}
        },
        "required": ["a"],
    },
}


@pytest.fixture
async def student(tmp_path: Path) -> AsyncIterator[LocalStudent]:
    made = LocalStudent(StudentSettings(context_tokens=2048, call_tokens=160), log=tmp_path / "student.log")
    yield made
    await made.close()


async def test_every_tool_can_be_called_and_its_arguments_fit(student: LocalStudent) -> None:
    functions = [
        {
            "type": "function",
            "function": {"name": name, "description": f"The tool {name}.", "parameters": schema},
        }
        for name, schema in TOOLS.items()
    ]
    signatures = (*read_tools(functions), ANSWER)
    prompt = for_tools(shipped_prompt("small"), signatures)
    for signature in signatures[:-1]:
        asked = Message("user", text=f"Use {signature.name} for Ann, 30, from 1.5, 2 to 3, 4 and beyond.")
        decision = await student.decide(Conversation(prompt, signatures, (asked,)), allowed=[signature.name])
        if decision.cut:
            continue
        (call,) = decision.calls
        assert call.tool == signature.name
        assert validate(signature.parameters, call.arguments) is None
    free = await student.decide(
        Conversation(prompt, signatures, (Message("user", text="What time is it now?"),))
    )
    assert free.branches
    assert sum(share for _, share in free.branches[0]) == pytest.approx(1.0)
