"""A turn as data: the object that ``apprentice -p --json`` prints, and the objects of ``stream-json``.

The result has the keys ``session_id, answer, steps, facts, student, usage, elapsed_ms``; ``error`` is there
only where the turn ended without an answer. ``usage`` is that of the whole turn: the sum over its decisions.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from assistant.agent.facts.record import Facts
from assistant.agent.steps import (
    Answer,
    Call,
    Failure,
    Notice,
    Observation,
    Progress,
    Step,
    TextDelta,
    Thought,
)
from training.student.base import Usage

Json = dict[str, Any]


@dataclass
class TurnRecord:
    """Collects the steps of one turn. ``take`` every step, then ``result``."""

    thought: str = ""
    answer: str = ""
    error: str = ""
    cancelled: bool = False
    steps: list[Json] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    facts: Facts = field(default_factory=Facts)
    _open: dict[str, Json] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """Remember what ``step`` adds to the result."""
        match step:
            case Thought(text):
                self.thought = text
            case Call(call, event_id=event_id):
                self._open[event_id] = self._add(call.tool, call.arguments, event_id)
            case Observation():
                self._close(step)
            case Answer(text, usage=usage):
                self.answer, self.usage, self.facts = text, usage, step.facts
            case Failure(text, cancelled):
                self.error, self.cancelled, self.facts = text, cancelled, step.facts

    def result(self, *, session_id: str, student: dict[str, str], elapsed_ms: float) -> Json:
        """The object of the contract. ``student`` is ``{"model", "adapter"}``.

        A call that never ended has the outcome None.
        """
        found: Json = {
            "session_id": session_id,
            "answer": self.answer,
            "steps": self.steps,
            "facts": self.facts.to_dict(),
            "student": student,
            "usage": {
                "prompt_tokens": self.usage.prompt_tokens,
                "cached_tokens": self.usage.cached_tokens,
                "completion_tokens": self.usage.completion_tokens,
            },
            "elapsed_ms": round(elapsed_ms, 1),
        }
        return found | {"error": self.error} if self.error else found

    def _add(self, tool: str, arguments: Json, event_id: str) -> Json:
        row: Json = {
            "thought": self.thought,
            "tool": tool,
            "arguments": arguments,
            "outcome": None,
            "confirmed_by": "",
            "event_id": event_id,
        }
        self.steps.append(row)
        return row

    def _close(self, step: Observation) -> None:
        row = self._open.pop(step.event_id, None)
        if row is None:
            row = self._add(step.call.tool, step.call.arguments, step.event_id)
        row["arguments"] = step.call.arguments
        row["outcome"] = outcome(step)
        row["confirmed_by"] = step.confirmed_by
        self.thought = ""


def outcome(step: Observation) -> Json:
    """``success``, ``result`` and ``execution_time_ms`` of a call."""
    result = step.result
    return {
        "success": result.success,
        "result": result.text,
        "execution_time_ms": round(result.execution_time_ms, 3),
    }


def step_object(step: Step) -> Json | None:
    """One object of the stream; None for a step that only asks the person."""
    match step:
        case Thought(text):
            return {"type": "thought", "text": text}
        case TextDelta(text):
            return {"type": "text", "text": text}
        case Call(call, risk, event_id, confidence):
            return {
                "type": "call",
                "tool": call.tool,
                "arguments": call.arguments,
                "risk": risk.value,
                "confidence": confidence or None,
                "event_id": event_id,
            }
        case Progress(_, text):
            return {"type": "progress", "text": text}
        case Observation():
            return {
                "type": "observation",
                "tool": step.call.tool,
                "arguments": step.call.arguments,
                "outcome": outcome(step),
                "confirmed_by": step.confirmed_by,
                "event_id": step.event_id,
            }
        case Answer(text):
            return {"type": "answer", "text": text}
        case Notice(text):
            return {"type": "notice", "text": text}
        case Failure(text, cancelled):
            return {"type": "failure", "text": text, "cancelled": cancelled}
        case _:
            return None


def json_line(value: Json) -> str:
    """One line of ASCII, so that no character of it can control a terminal."""
    return json.dumps(value) + "\n"
