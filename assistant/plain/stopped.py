"""Which mode or rule would let a call pass that was not run."""

import shlex
from typing import TYPE_CHECKING

from assistant.plain.steps import call_text
from assistant.text_safety import clean_line
from tools.calls import Risk, ToolCall

if TYPE_CHECKING:
    from assistant.agent.chat import Chat


def way_through(call: ToolCall, chat: "Chat") -> str:
    """One line: the call, and the narrowest mode and the rule by which it would run unasked."""
    tool = chat.tools.get(call.tool)
    mode, rule = chat.permissions.ways_through(call, tool.risk if tool else Risk.EXECUTE)
    ways = [f"--mode {mode}"] if mode else []
    if rule and chat.permissions.mode != "plan":
        ways.append(f"apprentice permissions add {shlex.quote(rule)}")
    said = " or ".join(ways) or "a terminal to confirm it"
    return clean_line(f"not run: {call_text(call.tool, call.arguments)}; what lets it pass: {said}", 600)
