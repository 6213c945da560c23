"""How like a request is to what tools say of themselves, for tools that the student was not tuned with.

A small student is weak at telling such tools apart by their descriptions, and which words a request
shares with a description costs little to know: the ranker's log-odds of it are added to the student's own
where it chooses a name.

Invariant: nothing is added for a tool that the student knows, for ``answer``, after a result, or where the
request seems to be in another language than English, which most descriptions are in.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Conversation, Signature
from tools.selection.features import words
from tools.selection.model import shipped_model
from tools.selection.similarity import SharedWords

_ENGLISH = frozenset({
    "about", "and", "are", "be", "by", "can", "could", "does", "find", "for", "from", "get", "give", "has",
    "have", "how", "it", "its", "many", "much", "my", "need", "please", "should", "show", "that", "the",
    "their", "there", "these", "this", "what", "what's", "when", "where", "which", "who", "with", "would",
    "you", "your",
})  # fmt: skip
"""Hardly a request in English is without one of them, and other languages do not have them."""


def odds_of_unknown(conversation: Conversation, offered: Sequence[Signature]) -> Mapping[str, float]:
    """What is added to the logit of each of ``offered`` that the student does not know, by its name."""
    prompt, messages = conversation.prompt, conversation.messages
    if not prompt.likeness or not messages or messages[-1].role != "user":
        return {}
    unknown = [tool for tool in offered if tool.name not in prompt.known and tool.name != ANSWER]
    request = messages[-1].text
    if not unknown or _ENGLISH.isdisjoint(words(request)):
        return {}
    odds = _similarity()(request, unknown)
    return {tool.name: prompt.likeness * one for tool, one in zip(unknown, odds, strict=True)}


@cache
def _similarity() -> SharedWords:
    """Of the ranker that comes along; the person's own knows more, but of tools by evidence, not by words."""
    return SharedWords.of(shipped_model())
