"""Decisions of the past under the tools of today: renamed by rule, or set aside with the reason.

Invariant: nothing is guessed. A call that, after the rules were applied, does not fit the tool as it is
offered makes no example.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message, Signature
from tools.registry import builtin_signatures
from training.curation.base import CurationError, Row
from training.generation.log_rows import conversation_of, signatures_of

Arguments = Mapping[str, Any]


class Drift(Exception):
    """A decision that does not fit the tools of today: one line, why."""


class Renames(BaseModel):
    """``tools``: old name to new. ``arguments``: of a tool, by its new name, old name to new; empty where the
    argument is gone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tools: dict[str, str] = Field(default_factory=dict)
    arguments: dict[str, dict[str, str]] = Field(default_factory=dict)

    def call(self, tool: str, arguments: Arguments) -> tuple[str, dict[str, Any]]:
        """A call by the names of today."""
        tool = self.tools.get(tool, tool)
        names = self.arguments.get(tool, {})
        new = {names.get(name, name): value for name, value in arguments.items()}
        return tool, {name: value for name, value in new.items() if name}

    def signature(self, tool: Signature) -> Signature:
        """A tool as it was logged, by the names of today; a built-in one that a rule names as it is now."""
        name = self.tools.get(tool.name, tool.name)
        known = builtin_signatures()
        if name in known and (name != tool.name or name in self.arguments):
            return known[name]
        names = self.arguments.get(name, {})
        properties = tool.parameters.get("properties", {})
        required = tool.parameters.get("required", [])
        schema = dict(tool.parameters)
        if names:
            schema["properties"] = {new: of for old, of in properties.items() if (new := names.get(old, old))}
            schema["required"] = [new for old in required if (new := names.get(old, old))]
        return replace(tool, name=name, parameters=schema)

    def message(self, message: Message) -> Message:
        calls = []
        for call in message.calls:
            tool, arguments = self.call(call.tool, call.arguments)
            calls.append(ToolCall(call.id, tool, arguments))
        named = self.tools.get(message.tool, message.tool)
        return replace(message, calls=tuple(calls), tool=named)


def parse_renames(given: Iterable[str]) -> Renames:
    """``OLD=NEW`` for a tool, ``TOOL.OLD=NEW`` for an argument, ``TOOL.OLD=`` where it is gone.

    Raises CurationError.
    """
    tools: dict[str, str] = {}
    arguments: dict[str, dict[str, str]] = {}
    for text in given:
        old, is_rule, new = (part.strip() for part in text.partition("="))
        tool, is_argument, argument = old.rpartition(".")
        if not is_rule or not old or not (new or is_argument):
            raise CurationError(f"the rule {text!r} cannot be read; write OLD=NEW, TOOL.OLD=NEW or TOOL.OLD=")
        if is_argument:
            arguments.setdefault(tool, {})[argument] = new
        else:
            tools[old] = new
    return Renames(tools=tools, arguments=arguments)


def situation_of(row: Row, renames: Renames) -> tuple[tuple[Message, ...], tuple[Signature, ...]]:
    """What the student saw: the conversation, and the tools on offer without ``answer``. Raises Drift."""
    messages = conversation_of(row)
    if messages is None:
        raise Drift("no request was logged")
    offered = {tool.name: tool for tool in map(renames.signature, signatures_of(_named_today(row, renames)))}
    return tuple(map(renames.message, messages)), tuple(offered.values())


def call_of(tool: str, arguments: Arguments, offered: Iterable[Signature], renames: Renames) -> ToolCall:
    """The call by the names of today. Raises Drift where the tool is not offered; ``answer`` always is."""
    tool, said = renames.call(tool, arguments)
    if tool != ANSWER and tool not in {one.name for one in offered}:
        raise Drift(f"the tool {tool} is not offered, or nothing is known of its arguments")
    return ToolCall("c0", tool, said)


def _named_today(row: Row, renames: Renames) -> Row:
    """The row with those tools renamed of which only the name was logged, so that built-in ones are found."""
    tools = row.get("tools_available")
    found = [
        {**one, "name": renames.tools.get(str(one.get("name")), one.get("name"))}
        if isinstance(one, Mapping) and not one.get("parameters")
        else one
        for one in (tools if isinstance(tools, list) else ())
    ]
    return {**row, "tools_available": found}
