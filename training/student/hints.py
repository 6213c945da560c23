"""What speaks for names beside the student itself: corrections, descriptions of tools it does not know."""

from collections.abc import Mapping, Sequence
from typing import Any

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Conversation, Hint, Signature
from training.student.likeness import odds_of_unknown


def odds_for(conversation: Conversation, offered: Sequence[Signature]) -> Mapping[str, float]:
    """What is added to the logit of each of ``offered``, by its name; a correction outweighs likeness."""
    odds = dict(odds_of_unknown(conversation, offered))
    if conversation.hint:
        odds.update(conversation.hint.odds)
    return odds


def given_arguments(hint: Hint | None, name: str) -> dict[str, Any] | None:
    """The arguments that a call of ``name`` takes as they are; None where the student writes them."""
    if hint is None or name != hint.tool or hint.arguments is None:
        return None
    return hint.arguments if name != ANSWER or str(hint.arguments.get("text") or "").strip() else None
