"""What is shown of a reading: the student's own scores of the lines, with what else speaks for them.

A line's score, in nats, is how much likelier the student finds it than that nothing answers, plus what the
characters it shares with the question and the short answer that the student wrote say for it. Invariant: the
weights and bounds are those of the prompt, none is in the code.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.protocol.messages import Reading
from training.student.base import Pointed, Spot
from training.student.passages import FORMS, LINE

_LEAST = 1e-5
"""A share below it counts as this."""
SHOWN = 3


@dataclass(frozen=True)
class LineScore:
    """Of one line. ``own`` is in nats, ``like`` and ``written`` from 0 to 1."""

    passage: int
    line: int
    own: float
    like: float
    written: float


@dataclass(frozen=True)
class Scores:
    """Of all that was read: shares of the forms, and the lines."""

    forms: Mapping[str, float]
    lines: tuple[LineScore, ...]
    unread: int = 0


def own_score(line_share: float, place_share: float, none_share: float) -> float:
    """From the shares of the form, of the line among those of its piece, and of there being no answer."""
    return math.log(max(line_share * place_share, _LEAST)) - math.log(max(none_share, _LEAST))


def standing(written: str, lines: Sequence[str]) -> list[int]:
    """The places of the lines on which the written answer stands."""
    words = re.escape(" ".join(written.split()).casefold())
    if not words:
        return []
    pattern = re.compile(rf"(?<!\w){words}(?!\w)" if words[0].isalnum() else words)
    return [place for place, line in enumerate(lines) if pattern.search(" ".join(line.split()).casefold())]


def mean_forms(of_pieces: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of all pieces; an answer in one of them is no less of one for the others."""
    return {form: sum(each[form] for each in of_pieces) / len(of_pieces) for form in FORMS}


def fused(scores: Scores, reading: Reading) -> Pointed:
    """What the scores come to under the weights and bounds of ``reading``."""
    reads = scores.forms[LINE] + scores.forms["none"]
    form = max((each for each in FORMS if each not in (LINE, "none")), key=lambda each: scores.forms[each])
    if scores.forms[form] > reads:
        return Pointed(
            form, scores.forms[form], sure=scores.forms[form] >= reading.sure, unread=scores.unread
        )
    spots, absent = shares(scores.lines, reading)
    best = spots[0].share if spots else 0.0
    if best >= reading.sure:
        return Pointed(LINE, best, spots[:SHOWN], sure=True, unread=scores.unread)
    if spots and 1 - absent >= reading.possible:
        return Pointed(LINE, best, spots[:SHOWN], sure=False, unread=scores.unread)
    return Pointed("none", absent, spots[:SHOWN], sure=absent >= reading.sure, unread=scores.unread)


def shares(lines: Sequence[LineScore], reading: Reading) -> tuple[tuple[Spot, ...], float]:
    """The lines with their shares, the likeliest first, and the share of there being no answer."""
    values = [each.own + reading.likeness * each.like + reading.written * each.written for each in lines]
    top = max([*values, reading.absent])
    powers = [math.exp(value - top) for value in values]
    absent = math.exp(reading.absent - top)
    total = sum(powers) + absent
    made = [Spot(each.passage, each.line, power / total) for each, power in zip(lines, powers, strict=True)]
    return tuple(sorted(made, key=lambda spot: -spot.share)), absent / total
