"""What a call of a generated function returns, and the answer that states it.

Invariant: an answer states what the observation says, and where the call failed it says so.
"""

import random

import orjson

from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.generation import wording
from training.generation.domains import Function
from training.generation.requests import Filled, put

FAILED = 0.12


def outcome(function: Function, filled: Filled, call: ToolCall, dice: random.Random) -> list[Message]:
    """The observation and the answer; nothing where it is not known what the function returns."""
    does = function.says.split(" ", 1)[0] in wording.doing()
    if not function.gives and not does:
        return []
    failed = dice.random() < FAILED
    if failed:
        problem = wording.one_of("problems", dice)
        result: dict[str, object] = {"error": problem}
        told = wording.one_of("failures", dice).format(problem=problem)
    elif function.gives:
        drawn = {name: kind.draw(dice) for name, kind in function.gives.items()}
        result = {name: one.value for name, one in drawn.items()}
        told = put(function.tells, {**filled.said, **{name: one.said for name, one in drawn.items()}})
    else:
        reference = f"{dice.choice('ABCKRT')}{dice.randint(1000, 99999)}"
        result = {"status": "ok", "reference": reference}
        told = wording.one_of("done", dice).format(reference=reference)
    observation = orjson.dumps(result).decode()
    return [
        Message("tool", observation, call_id=call.id, tool=call.tool, failed=failed),
        Message("assistant", told),
    ]
