"""Leaves out examples that say what another one says already.

Compared is what the person asked and what the student is to do, among examples that call the same tools:
equal requests with different right tools are no duplicates, because together they teach the difference.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from tools.protocol.calls import write_turn
from training.datasets.example import Example
from training.generation.meaning import Embed, Meanings
from training.generation.near import NearTexts, normalised
from training.generation.tally import Rejection, Tally, last_request

NEVER = 1.0
"""A bound for similarities that only equal texts reach."""
_ANSWER, _TURN = 60, 400
"""Characters."""


def essence(example: Example) -> str:
    """The requests and the beginnings of the right turns, without what tools said.

    Long answers are much alike where they list what a tool found; the requests are to decide.
    """
    parts = [
        write_turn(turn.calls, turn.text[:_ANSWER])[:_TURN] if turn.role == "assistant" else turn.text
        for turn in example.messages
        if turn.role != "tool"
    ]
    if example.reading:  # the same question is answered otherwise by another text
        parts.append(blake2b(example.messages[-2].text.encode(), digest_size=8).hexdigest())
    return normalised("\n".join(parts))


def called(example: Example) -> str:
    """The tools that are called, in order."""
    return " ".join(call.tool for turn in example.messages for call in turn.calls)


class DuplicateFilter:
    """``check`` and then ``keep`` what was kept. ``near`` is a Jaccard similarity, ``same_meaning`` a cosine
    of the embeddings that ``embed`` gives, which is left out without one."""

    def __init__(
        self,
        near: float = 0.9,
        *,
        embed: Embed | None = None,
        same_meaning: float = NEVER,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.tally = Tally(facts)
        self._texts = NearTexts(near)
        self._embed = embed
        self._same_meaning = same_meaning
        self._meanings: dict[str, Meanings] = {}

    def check(self, example: Example) -> Rejection | None:
        """Why the example is left out, counted."""
        rejection = self._found(example)
        self.tally.take(last_request(example), rejection)
        return rejection

    def _found(self, example: Example) -> Rejection | None:
        text = essence(example)
        if found := self._texts.find(text, called(example)):
            other, similarity = found
            if similarity == 1.0 and other == text:
                return Rejection("equal", "another example asks and answers the same")
            return Rejection("near", f"Jaccard similarity {similarity:.2f} to: {other}")
        meanings = self._meanings.get(called(example))
        if meanings is not None and (close := meanings.find(text)):
            return Rejection("meaning", f"cosine {close[1]:.2f} to: {close[0]}")
        return None

    def keep(self, example: Example) -> None:
        """Compare later ones with this one."""
        text = essence(example)
        self._texts.add(text, called(example))
        if self._embed is not None:
            fresh = Meanings(self._embed, self._same_meaning)
            self._meanings.setdefault(called(example), fresh).add(text)

    def close(self) -> None:
        self._texts.close()
