"""What a student may do after a refusal that gave a reason: try once, with something that it asks for.

Pure.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.agent.facts.record import subject
from assistant.agent.facts.words import paths_in
from tools.calls import Risk, ToolCall

_WORD = re.compile(r"\w[\w./-]*\w|\d")
_LOOKING = re.compile(r"(?i)\b(?:list|read|search|look|find|show|see|check|open|diff)")


@dataclass(frozen=True)
class Refused:
    """A call that the person refused; ``reason`` is empty where none was given."""

    call: ToolCall
    reason: str


def says_no_more(refused: Sequence[Refused], calls: Sequence[ToolCall], small: bool) -> bool:
    """Whether a retry is what was refused over again, so that nobody is asked about it.

    Of a ``small`` student the same tool with the same target counts as well, where nothing in it is new that
    the reason names.
    """
    return any(_same(one, call, small) for one in refused for call in calls)


def looks_instead(
    refused: Sequence[Refused], calls: Sequence[ToolCall], risk: Callable[[ToolCall], Risk]
) -> str:
    """The tool that was refused, where a retry only looks and the reason asks for no look; else empty."""
    looked = bool(calls) and all(risk(call) is Risk.READ for call in calls)
    if not looked or not refused or risk(refused[0].call) is Risk.READ:
        return ""
    reason = refused[0].reason
    asked = _LOOKING.search(reason) or any(call.tool in reason for call in calls)
    return "" if asked else refused[0].call.tool


def _same(refused: Refused, call: ToolCall, small: bool) -> bool:
    before = refused.call
    if call.tool != before.tool:
        return False
    if call.arguments == before.arguments:
        return True
    if not small or subject(call) != subject(before):
        return False
    if set(paths_in(refused.reason)) - {subject(before)}:  # another file is wanted
        return True
    old, new = (json.dumps(one.arguments, ensure_ascii=False).lower() for one in (before, call))
    wanted = (word.lower() for word in _WORD.findall(refused.reason))
    return not any(word in new and word not in old for word in wanted)
