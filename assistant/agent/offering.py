"""Asking for a decision out of what the ranker offers.

Invariant: the ranker alone keeps nobody from a tool. Only the first decision of a turn is narrowed; where the
student then answers although the ranker expected a call, or is unsure of its call, it is asked again with
everything on offer, before a word of that answer was shown. A choice out of a few is said to be no surer
than the ranker was of those few.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Conversation, Prompt
from tools.protocol.signatures import compress
from tools.selection.offer import Offer, Offers, Way, everything
from tools.selection.tokens import schema_tokens, signature_tokens
from training.student.base import Decision, OnText, Student

SHOWN_ALTERNATIVES = 5


@dataclass(frozen=True)
class Made:
    """A decision, and what it was chosen from.

    ``available`` are the tools as the student saw them in its prompt, or the answer alone where nothing else
    was left to it; ``selection`` says how they were selected, and which of them were ``offered``.
    """

    decision: Decision
    available: list[dict[str, str]]
    selection: dict[str, Any]


class Offering:
    """Makes the offers of one chat. ``way`` is how they are narrowed; ``schemas`` as in ``Serving``."""

    def __init__(self, offers: Offers, way: Callable[[], Way], schemas: Callable[[], bool]) -> None:
        self._offers = offers
        self._way = way
        self._schemas = schemas

    async def first(
        self,
        request: str,
        student: Student,
        conversation: Conversation,
        on_text: OnText,
        *,
        whole: bool = False,
    ) -> Made:
        """The first decision of a turn, out of everything if ``whole``. Raises as ``Student.decide`` does."""
        offer = self._offers.offer(request, conversation.signatures, self._way())
        if whole:
            offer = everything(conversation.signatures, offer.ranked)
        if not offer.narrowed:
            decision = await student.decide(conversation, on_text=on_text)
            return self._made(decision, offer, conversation)
        narrowed = replace(conversation, signatures=offer.shown)
        if not offer.expects_call:
            decision = await student.decide(narrowed, allowed=offer.names, on_text=on_text)
            return self._made(_as_sure(decision, offer), offer, conversation)
        started = time.perf_counter()
        calling = await _unless_it_answers(student, narrowed, offer)
        if calling is not None:
            return self._made(_as_sure(calling, offer), offer, conversation)
        spent_ms = (time.perf_counter() - started) * 1000
        decision = await student.decide(conversation, on_text=on_text)
        usage = replace(decision.usage, latency_ms=decision.usage.latency_ms + spent_ms)
        offer = everything(conversation.signatures, offer.ranked)
        return self._made(replace(decision, usage=usage), offer, conversation, widened=True)

    async def later(
        self,
        student: Student,
        conversation: Conversation,
        on_text: OnText,
        *,
        only_answer: bool,
        only_call: bool = False,
        only: str = "",
    ) -> Made:
        """Any other decision: all is on offer, nothing but the answer, all but it, or the one tool ``only``.

        Raises likewise.
        """
        names = [one.name for one in conversation.signatures if one.name != ANSWER]
        allowed = [ANSWER] if only_answer else [only] if only else names if only_call else None
        decision = await student.decide(conversation, allowed=allowed, on_text=on_text)
        made = self._made(decision, everything(conversation.signatures), conversation)
        answers = [one for one in made.available if one["name"] == ANSWER]
        return replace(made, available=answers) if only_answer else made

    def by_host(self, decision: Decision, conversation: Conversation) -> Made:
        """A decision that the host made in the student's place."""
        made = self._made(decision, everything(conversation.signatures), conversation)
        return replace(made, selection={"way": "host"})

    def _made(
        self, decision: Decision, offer: Offer, conversation: Conversation, *, widened: bool = False
    ) -> Made:
        available = [{"name": one.name, "signature": compress(one, describe=False)} for one in offer.shown]
        selection: dict[str, Any] = {
            "way": offer.way,
            "tools_tokens": self._tokens(offer, conversation.prompt),
            "schemas_tokens": schema_tokens(conversation.signatures),
        }
        if offer.ranked:
            selection |= {"ranked": offer.first(), "widened": widened, "offered": list(offer.names)}
        return Made(decision, available, selection)

    def _tokens(self, offer: Offer, prompt: Prompt) -> int:
        """What the prompt says of the tools, in tokens, about."""
        if self._schemas():
            return schema_tokens(offer.shown)
        return sum(signature_tokens([one], describe=prompt.describes(one.name)) for one in offer.shown)


def _as_sure(decision: Decision, offer: Offer) -> Decision:
    """With a confidence over all tools: what the ranker gives those on offer, shared out by the student."""
    shares = offer.shares()
    offered = sum(shares[name] for name in offer.names)
    left_out = [(name, share) for name, share in shares.items() if name not in offer.names]
    alternatives = [(name, share * offered) for name, share in decision.alternatives] + left_out
    alternatives.sort(key=lambda pair: -pair[1])
    confidence = decision.confidence * offered
    return replace(decision, confidence=confidence, alternatives=tuple(alternatives[:SHOWN_ALTERNATIVES]))


async def _unless_it_answers(student: Student, conversation: Conversation, offer: Offer) -> Decision | None:
    """A decision that calls, or whose call was cut; None where the student is unsure of the call or answers:
    then it is stopped at once."""
    answers = False

    def stop(text: str) -> None:
        nonlocal answers
        if text:
            answers = True
            asked.cancel()

    asked = asyncio.ensure_future(student.decide(conversation, allowed=offer.names, on_text=stop))
    try:
        decision = await asked
    except asyncio.CancelledError:
        waiting = asyncio.current_task()
        if not answers or (waiting is not None and waiting.cancelling()):
            raise
        return None
    if answers or decision.unsure:
        return None
    return decision if decision.calls or decision.cut else None
