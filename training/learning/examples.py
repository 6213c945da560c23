"""What a student learns corrections from, and what it must not forget over it.

Invariant: a wording that judges is in no example. What a correction decides at once is no ordinary request,
so that nothing that is replayed says the opposite of what is learned.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message, Signature
from training.corrections.base import Correction
from training.corrections.nearest import Nearest
from training.corrections.wording import normal
from training.curation.base import Row
from training.curation.drift import Drift, Renames
from training.curation.examples import example_of
from training.curation.lessons import lesson_of
from training.datasets.example import Example, Kind, example_id
from training.generation.settings import Parts
from training.learning.near import decided
from training.learning.rewording import reworded

SEED = 22
WORDINGS, MOST_WORDINGS, KEPT = 8, 24, 2
"""Wordings of a correction to learn from, and kept apart to judge by."""
PRESENTED = 120
"""Few corrections are shown in more wordings, so that there are about so many examples of them."""
MOST_REPLAYED = 480
"""Scripted examples against forgetting: three for one of a correction, and no more than this."""
REPLAYED_FOR_ONE = 3
FROM_LOG = 200
ORDINARY = 120
"""Ordinary requests that judge; one of them is less than a point."""
_REHEARSED = 4
ORDINARY_PARTS = Parts(
    call=0.4, everyday=0.3, several=0, task=0, follow_up=0, language=0.08, ask=0.06, talk=0.12, absent=0.04,
    foreign=0, whole=0,
)  # fmt: skip


@dataclass(frozen=True)
class Wordings:
    """Each with the correction that says what is right for it."""

    learned: tuple[tuple[Correction, str], ...]
    kept: tuple[tuple[Correction, str], ...]


def wordings(corrections: Sequence[Correction], seed: int = SEED) -> Wordings:
    """Each correction in other words; none is both learned and kept, or means two things."""
    count = min(MOST_WORDINGS, max(WORDINGS, -(-PRESENTED // max(1, len(corrections)))))
    own = {normal(one.request) for one in corrections}
    made = [
        (one, reworded(one.request, count, KEPT, random.Random(f"{seed}/{one.request}")))
        for one in corrections
    ]
    kept: dict[str, tuple[Correction, str]] = {}
    for one, said in made:
        for text in said.kept:
            if normal(text) not in own:
                kept.setdefault(normal(text), (one, text))
    learned: dict[str, tuple[Correction, str]] = {normal(one.request): (one, one.request) for one, _ in made}
    for one, said in made:
        for text in said.learned:
            if normal(text) not in kept:
                learned.setdefault(normal(text), (one, text))
    return Wordings(tuple(learned.values()), tuple(kept.values()))


def rehearsed(known: Sequence[Correction], corrections: Sequence[Correction]) -> Wordings:
    """What the student learned before, again in a few wordings, unless a new correction decides it."""
    nearest = Nearest(corrections)
    left = [one for one in known if not decided(nearest, one.request)]
    made = [(one, reworded(one.request, _REHEARSED, 1, random.Random(one.request))) for one in left]
    kept = {normal(text): (one, text) for one, said in made for text in said.kept}
    learned = [(one, text) for one, said in made for text in said.learned if normal(text) not in kept]
    return Wordings(tuple(learned), tuple(kept.values()))


def replayed_count(learned: int) -> int:
    """How many scripted examples go with so many of corrections."""
    return min(MOST_REPLAYED, REPLAYED_FOR_ONE * learned)


def example(
    request: str, tool: str, arguments: object, tools: Sequence[Signature], session: str, provider: str
) -> Example:
    """A request with its decision."""
    given = dict(arguments) if isinstance(arguments, dict) else {}
    is_answer = tool == ANSWER
    said = (
        Message("assistant", text=str(given.get("text") or ""))
        if is_answer
        else Message("assistant", calls=(ToolCall("c0", tool, given),))
    )
    messages, offered = (Message("user", request), said), tuple(one for one in tools if one.name != ANSWER)
    kind: Kind = "no_tool" if is_answer else "call"
    source = {"provider": provider}
    return Example(example_id(messages, offered), messages, offered, kind, session, source)


def of_corrections(
    said: Iterable[tuple[Correction, str]], tools: Sequence[Signature], provider: str = "correction"
) -> list[Example]:
    """An example for each wording."""
    return [
        example(text, one.tool, dict(one.arguments), tools, f"correction-{one.id}", provider)
        for one, text in said
    ]


def of_log(rows: Iterable[Row], corrections: Sequence[Correction], most: int = FROM_LOG) -> list[Example]:
    """The newest decisions of the log that are known to be right, one for each request. ``rows`` in order."""
    nearest = Nearest(corrections)
    found: dict[str, Example] = {}
    for row in reversed(list(rows)):
        lesson = lesson_of(row)
        if len(found) >= most:
            break
        if lesson is None or not lesson.tool or lesson.rejected_tool:
            continue
        try:
            made = example_of(row, lesson, Renames())
        except Drift:
            continue
        request = request_of(made)
        if normal(request) not in found and not decided(nearest, request):
            found[normal(request)] = made
    return list(found.values())


def request_of(one: Example) -> str:
    """What the user said last."""
    return next(message.text for message in reversed(one.messages) if message.role == "user")


def ordinary(
    made: Iterable[Example], corrections: Sequence[Correction], besides: Iterable[Example] = ()
) -> list[Example]:
    """Those that no correction decides, and whose request is none of ``besides``."""
    nearest = Nearest(corrections)
    taken = {normal(request_of(one)) for one in besides}
    return [
        one
        for one in made
        if normal(request_of(one)) not in taken
        and not any(decided(nearest, turn.text) for turn in one.messages if turn.role == "user")
    ]
