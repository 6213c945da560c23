"""What callers name as available tools, read into signatures and, where there is something to run, tools."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.base import Tool
from tools.functions import function_tool
from tools.protocol.messages import Signature
from tools.protocol.openai_form import FormError, read_tools
from tools.registry import Registry

Available = str | Tool | Signature | Mapping[str, Any] | Callable[..., Any]
"""A name, a tool, a signature, a tool in the form of chat completions, or a function."""


@dataclass(frozen=True)
class Candidate:
    """One available tool. ``tool`` is None where nothing can be run; ``described`` where more than the name
    is known."""

    signature: Signature
    tool: Tool | None = None
    described: bool = True


def resolve(available: Sequence[Available], registry: Registry) -> list[Candidate]:
    """Candidates in their order; names are looked up in ``registry``. Raises ValueError or TypeError."""
    if isinstance(available, str | Mapping):
        raise TypeError("available_tools must be a list of tools")
    found = [_candidate(one, registry, f"available_tools[{index}]") for index, one in enumerate(available)]
    names = [one.signature.name for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"available_tools names `{twice}` twice")
    return found


def signature_of(tool: Tool) -> Signature:
    """What a prompt says of a tool."""
    return Signature(tool.name, tool.description, tool.parameters)


def _candidate(one: Available, registry: Registry, where: str) -> Candidate:
    if isinstance(one, str):
        tool = registry.get(one)
        bare = Signature(one, "", {"type": "object"})
        return Candidate(signature_of(tool), tool) if tool else Candidate(bare, described=False)
    if isinstance(one, Tool):
        return Candidate(signature_of(one), one)
    if isinstance(one, Signature):
        return Candidate(one, registry.get(one.name))
    if isinstance(one, Mapping):
        return _from_form(one, registry, where)
    if callable(one):
        tool = function_tool(one)
        return Candidate(signature_of(tool), tool)
    raise TypeError(
        f"{where} is {type(one).__name__}: give a name, a function, a Tool or a chat-completions dict"
    )


def _from_form(one: Mapping[str, Any], registry: Registry, where: str) -> Candidate:
    """Also the bare function of the form, which some callers keep without its wrapping."""
    whole = dict(one) if "function" in one else {"type": "function", "function": dict(one)}
    try:
        (signature,) = read_tools([whole])
    except FormError as error:
        raise ValueError(str(error).replace("tools[0]", where)) from None
    return Candidate(signature, registry.get(signature.name))
