"""What a student decided on a case, as the journal and the output file keep it and the judge reads it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from training.student.base import Branches, Decision

CUT = "the call was cut at the token limit"


@dataclass(frozen=True)
class Prediction:
    """One decision. ``problem`` says in one line why there is none: then ``calls`` is empty and it is no
    answer either. Milliseconds and tokens are those of the decision; zeros where there was none."""

    case_id: str
    calls: tuple[ToolCall, ...] = ()
    answer: str = ""
    problem: str = ""
    confidence: float = 0.0
    branches: Branches = ()
    latency_ms: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def parsed(self) -> bool:
        """True for a whole call or an answer."""
        return not self.problem

    @property
    def chosen(self) -> str:
        """The name that was chosen first, also where its call was cut; empty where that is not known."""
        if self.branches:
            return self.branches[-1][0][0]
        return self.calls[0].tool if self.calls else ANSWER if self.answered else ""

    @property
    def answered(self) -> bool:
        """True where the student chose to answer."""
        return self.parsed and not self.calls


def prediction(case_id: str, decision: Decision) -> Prediction:
    """What was decided on the case."""
    cut = decision.cut and not decision.calls and not decision.answer
    return Prediction(
        case_id=case_id,
        calls=decision.calls,
        answer=decision.answer,
        problem=CUT if cut else "",
        confidence=decision.confidence,
        branches=decision.branches,
        latency_ms=decision.usage.latency_ms,
        prompt_tokens=decision.usage.prompt_tokens,
        completion_tokens=decision.usage.completion_tokens,
    )


def to_dict(one: Prediction) -> dict[str, Any]:
    """A JSON-ready object."""
    calls = [{"tool": call.tool, "arguments": call.arguments} for call in one.calls]
    return {**asdict(one), "calls": calls}


def from_dict(data: Mapping[str, Any]) -> Prediction:
    """The inverse of ``to_dict``. Raises KeyError or TypeError where ``data`` is not one."""
    calls = tuple(ToolCall("", call["tool"], call["arguments"]) for call in data["calls"])
    branches = tuple(tuple((name, share) for name, share in branch) for branch in data["branches"])
    return Prediction(**{**data, "calls": calls, "branches": branches})
