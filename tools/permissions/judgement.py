"""What a judgement says, and how it reads. Plain data, no rules."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

Mode = Literal["plan", "ask", "edit", "auto"]
MODES: tuple[Mode, ...] = ("plan", "ask", "edit", "auto")


class Verdict(StrEnum):
    """What happens to a call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True)
class JudgedPart:
    """The verdict on one simple command. ``rule`` is the one that decided, or empty."""

    command: str
    verdict: Verdict
    rule: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """The verdict on a call.

    ``source`` is what decided: ``mode``, ``rule``, ``command`` (it cannot be judged) or ``refused``.
    ``rule`` is what an approval for the session, or for always, would add; empty where only this one
    call can be approved. ``opens`` is what that lets pass beyond what it spells. ``by`` is the rule that
    decided on the call as a whole, where one did.
    """

    verdict: Verdict
    source: Literal["mode", "rule", "command", "refused"]
    reasons: tuple[str, ...] = ()
    parts: tuple[JudgedPart, ...] = ()
    rule: str = ""
    by: str = ""
    opens: str = ""

    def as_json(self) -> dict[str, Any]:
        """The judgement as plain values."""
        return {
            "verdict": str(self.verdict),
            "source": self.source,
            "reasons": list(self.reasons),
            "rule": self.rule,
            "opens": self.opens,
            "parts": [
                {
                    "command": part.command,
                    "verdict": str(part.verdict),
                    "rule": part.rule,
                    "reasons": list(part.reasons),
                }
                for part in self.parts
            ],
        }


def explain(judgement: Judgement) -> str:
    """The judgement for a person, a line each: the verdict, its reasons, every part."""
    lines = [f"{judgement.verdict} (by {judgement.source})"]
    if judgement.source in ("command", "refused") or not judgement.parts:
        lines += [f"  {reason}" for reason in judgement.reasons]
    for part in judgement.parts:
        why = f"rule {part.rule}" if part.rule else "; ".join(part.reasons)
        shown = " ".join(part.command.split())
        lines.append(f"  {part.verdict:<5}  {shown}" + (f"  ({why})" if why else ""))
    if judgement.verdict is Verdict.ASK and judgement.rule:
        lines.append(f"  an approval for more than once would add: {judgement.rule}")
        if judgement.opens:
            lines.append(f"  it {judgement.opens}")
    return "\n".join(lines)
