"""Which corrections a student is to learn, and whether they are enough to be worth it.

Invariant: only what a user stated is learned: a call that the tools of today offer, or an answer with its
text. What was forgotten, rated wrong, or learned by the student that serves is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Signature
from tools.schema import validate
from training.corrections.base import Correction
from training.corrections.book import Corrections
from training.corrections.wording import normal

LEAST = 5


@dataclass(frozen=True)
class Plan:
    """``left_out`` says why a correction cannot be learned, by its request. ``known`` are those of any
    project that the serving student has learned and must not forget."""

    corrections: tuple[Correction, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    known: tuple[Correction, ...] = ()

    @property
    def missing(self) -> str:
        """What is missing, in one line; empty where there is enough."""
        found = len(self.corrections)
        if found >= LEAST:
            return ""
        more = f"{found} of at least {LEAST} corrections to learn; correct {LEAST - found} more decisions"
        how = "c on a decision in the chat, or apprentice decisions correct ID"
        learned = f"; {len(self.known)} were learned already" if self.known else ""
        reasons = "".join(f"; left out: {request!r}, {why}" for request, why in self.left_out.items())
        return f"{more} ({how}){learned}{reasons}"


def plan(book: Corrections, workspace: str, tools: Sequence[Signature], student: str = "") -> Plan:
    """What ``student``, which serves, is to learn in a project. Of the same request the newest counts."""
    offered = {one.name: one for one in tools}
    found: dict[str, Correction] = {}
    left_out: dict[str, str] = {}
    for one in book.of(workspace):
        if not book.counts(one, student):
            continue
        if why := _problem(one, offered):
            left_out[one.request] = why
        else:
            found[normal(one.request)] = one
    known = {normal(one.request): one for one in book.all() if _is_known(book, one, student)}
    fitting = (one for one in known.values() if not _problem(one, offered))
    return Plan(tuple(found.values()), left_out, tuple(fitting))


def _is_known(book: Corrections, one: Correction, student: str) -> bool:
    """Whether it would count if the student had not learned it."""
    return book.counts(one) and student in book.standing(one.id).learned


def _problem(one: Correction, offered: Mapping[str, Signature]) -> str:
    """Why it cannot be learned; empty where it can."""
    if one.tool == ANSWER:
        return "" if str(one.arguments.get("text") or "").strip() else "it does not say what to answer"
    if one.tool not in offered:
        return f"the tool {one.tool} is not built in"
    problem = validate(offered[one.tool].parameters, one.arguments)
    return f"its call does not fit: {problem}" if problem else ""
