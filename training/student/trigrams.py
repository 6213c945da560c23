"""How like a question is to the lines of a text, by runs of three characters.

What is rare among the lines counts more, so that a line that shares the one telling word stands out. Names
are read as words: ``maxRetries`` and ``max_retries`` are alike to "max retries".
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset({
    "a", "an", "and", "are", "at", "be", "by", "can", "did", "do", "does", "for", "from", "give", "has",
    "have", "how", "i", "in", "is", "it", "its", "me", "my", "of", "on", "or", "please", "show", "tell",
    "that", "the", "there", "this", "to", "use", "used", "uses", "was", "we", "what", "when", "where",
    "which", "who", "will", "with", "you", "your",
})  # fmt: skip
"""Words of questions that say nothing of where the answer stands."""


def likeness(question: str, lines: Sequence[str]) -> list[float]:
    """Of each line, from 0 to 1."""
    wanted = _runs(question, _EMPTY)
    found = [_runs(line) for line in lines]
    among = Counter(run for runs in found for run in runs)
    weight = {run: math.log(1 + len(lines) / count) for run, count in among.items()}
    asked = sum(weight.get(run, 0.0) for run in wanted)
    made = []
    for runs in found:
        shared = sum(weight[run] for run in runs & wanted)
        made.append(shared / math.sqrt(asked * sum(weight[run] for run in runs)) if shared else 0.0)
    return made


def _runs(text: str, without: frozenset[str] = frozenset()) -> set[str]:
    words = (word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", text)))
    padded = (f" {word} " for word in words if word not in without)
    return {word[at : at + 3] for word in padded for at in range(len(word) - 2)}
