"""What all replies have in common once they are JSON: whole calls, structured data, counts that can be true.

Invariant: a call names an offered tool and has a JSON object as arguments, and what a structured reply holds
fits its schema; a reply that does not is ``Unusable``, which says that it was paid for.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from tools.calls import ToolCall
from tools.protocol.calls import CallFormatError, parse_arguments
from tools.schema import validate
from training.teachers.base import Stop, TeacherRequest, Unusable

Json = dict[str, Any]
Proposed = tuple[str, str, Any]
"""Id, tool, and the arguments as an object or as text."""


def whole_calls(proposed: list[Proposed], request: TeacherRequest, stop: Stop) -> tuple[ToolCall, ...]:
    """The calls of a reply; the last of one that was cut is left out, however complete it looks."""
    names = {tool.name for tool in request.tools}
    return tuple(_call(one, names) for one in (proposed[:-1] if stop == "length" else proposed))


def _call(proposed: Proposed, names: set[str]) -> ToolCall:
    call_id, name, arguments = proposed
    if name not in names:
        raise Unusable(f"the teacher called {name[:80]!r}, which was not on offer")
    if not isinstance(arguments, dict):
        try:
            arguments = parse_arguments(str(arguments or "{}"))
        except CallFormatError as error:
            raise Unusable(f"the teacher called {name} in no usable form: {error}") from None
    return ToolCall(call_id, name, storable(arguments))


def settled(stop: Stop, calls: tuple[ToolCall, ...]) -> Stop:
    """``calls`` where there are some, whatever the server named it; not where there are none."""
    if stop in ("end", "calls"):
        return "calls" if calls else "end"
    return stop


def structured(text: str, request: TeacherRequest, stop: Stop) -> Any:
    """The data of a structured reply; None where none was asked for, or the teacher refused."""
    if request.schema is None or stop == "refusal":
        return None
    if stop == "length":
        raise Unusable("the teacher's reply was cut at its longest length before it was complete")
    fenced = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        data = parse_arguments(fenced.strip())
    except CallFormatError as error:
        raise Unusable(f"the teacher's reply is not the JSON that was asked for: {error}") from None
    if problem := validate(dict(request.schema), data):
        raise Unusable(f"the teacher's reply does not fit its schema: {problem}")
    return storable(data)


def storable(value: Any) -> Any:
    """``value``, which can be written as JSON. Raises Unusable."""
    try:
        orjson.dumps(value)
    except (TypeError, ValueError):
        raise Unusable("the teacher's reply holds text that is no Unicode") from None
    return value


def objects(value: Any) -> Iterable[Json]:
    """The objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def count(usage: Json, name: str) -> int | None:
    """A count of tokens, None where the server gave none that can be true."""
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
