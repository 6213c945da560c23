"""What becomes of a decision before anybody sees it: its confidence is calibrated, and a doubtful call
becomes a question to the person.

Invariant: the decision itself stays what the student decoded, unless ``student.ask_below`` is above its
confidence and the person spoke last. Then nothing is called, or, where no answer is allowed, the call is
marked as unsure.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tools.protocol.calls import ANSWER, write_call
from tools.protocol.messages import Conversation, Prompt
from training.student import temperatures
from training.student.base import Decision, OnText
from training.student.confidence import weighed
from training.student.settings import StudentSettings

OFFERED_ALTERNATIVES = 2
LONGEST_SHOWN = 200


class Judgement:
    """Of one student's decisions."""

    def __init__(self, settings: StudentSettings, folder: Path | None = None) -> None:
        self._settings = settings
        self._folder = folder
        self._prompt: Prompt | None = None
        self._temperature = 1.0

    def judged(
        self,
        conversation: Conversation,
        decision: Decision,
        allowed: Sequence[str] | None = None,
        on_text: OnText | None = None,
    ) -> Decision:
        """The decision to act upon. A question is passed to ``on_text`` as an answer's text is."""
        confidence, alternatives = weighed(decision.branches, self._of(conversation.prompt))
        decision = replace(decision, confidence=confidence, alternatives=alternatives)
        if not self._doubts(conversation, decision):
            return decision
        if ANSWER not in (allowed or [one.name for one in conversation.signatures]):
            return replace(decision, unsure=True)
        text = question(decision)
        if on_text:
            on_text(text)
        others = ((decision.calls[0].tool, confidence), *alternatives)
        return replace(decision, calls=(), answer=text, confidence=0.0, alternatives=others)

    def _of(self, prompt: Prompt) -> float:
        """The temperature that was fitted with ``prompt``; 1 where none was."""
        if prompt != self._prompt:
            found = temperatures.find(self._settings, prompt, self._folder)
            self._prompt, self._temperature = prompt, found.temperature if found else 1.0
        return self._temperature

    def _doubts(self, conversation: Conversation, decision: Decision) -> bool:
        asked = bool(conversation.messages) and conversation.messages[-1].role == "user"
        return bool(decision.calls) and asked and decision.confidence < self._settings.ask_below


def question(decision: Decision) -> str:
    """What the person is asked instead: the call, and what else it might have been."""
    others = [(name, share) for name, share in decision.alternatives if name != ANSWER and "*" not in name]
    lines = [f"- `{_shortened(write_call(decision.calls[0]))}` ({decision.confidence:.0%} sure)"]
    lines += [f"- `{name}` ({share:.0%})" for name, share in others[:OFFERED_ALTERNATIVES]]
    asked = "I am not sure what you want. Should I call one of these?"
    return "\n".join([asked, "", *lines, "", "Say which, or put it in other words."])


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
