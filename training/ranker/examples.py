"""What the ranker learns from: requests, and the tools that were right or wrong for each.

Invariant: a request counts once, however often it was made; what a person said of a decision outweighs what
the student did unasked; and a choice that had no alternative is no evidence, so that a ranker that narrows
the choice does not prove itself right.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from training.events.tool_figures import choices
from training.labels import label_of

Row = Mapping[str, Any]

CORRECTED = 2.0
TAUGHT = 1.5
APPROVED = 1.0
REFUSED = 1.0
PROVED = 0.75
UNCONTESTED = 0.25
LATER_IN_TURN = 0.5
MOST_WEIGHT = 3.0


@dataclass
class Example:
    """One request. ``right`` and ``wrong`` are tools with the weight of what speaks for or against each.

    ``group`` keeps what belongs together on one side of a split: a session, or a template.
    """

    request: str
    group: str
    right: dict[str, float] = field(default_factory=dict)
    wrong: dict[str, float] = field(default_factory=dict)

    @property
    def best(self) -> str:
        """The tool that most speaks for; empty where nothing speaks for any."""
        return max(self.right, key=lambda tool: (self.right[tool], tool), default="")


def examples_of(rows: Iterable[Row]) -> list[Example]:
    """The examples in decision rows, in the order in which their requests first come."""
    found: dict[str, Example] = {}
    for row in rows:
        request = _request(row)
        right, wrong = _evidence(row)
        if not request or not (right or wrong):
            continue
        key = " ".join(request.casefold().split())
        example = found.setdefault(key, Example(request, str(row.get("session_id") or "")))
        for tool, weight in right.items():
            example.right[tool] = min(MOST_WEIGHT, example.right.get(tool, 0.0) + weight)
        for tool, weight in wrong.items():
            example.wrong[tool] = min(MOST_WEIGHT, example.wrong.get(tool, 0.0) + weight)
    return [_settled(example) for example in found.values()]


def _settled(example: Example) -> Example:
    """Where both were said of a tool, the heavier side stands."""
    for tool in set(example.right) & set(example.wrong):
        lighter = example.right if example.right[tool] <= example.wrong[tool] else example.wrong
        del lighter[tool]
    return example


def _evidence(row: Row) -> tuple[dict[str, float], dict[str, float]]:
    """Tools that one decision speaks for, and against."""
    chosen = str(row.get("tool_selected") or "")
    share = LATER_IN_TURN if _is_later(row) else 1.0
    right: defaultdict[str, float] = defaultdict(float)
    wrong: dict[str, float] = {}
    label = label_of(row)
    if label.source == "said":
        if label.verdict == "correction":
            right[label.tool] += CORRECTED * share
            if label.tool != chosen:
                wrong[chosen] = CORRECTED * share
        elif label.verdict == "negative":
            wrong[chosen] = REFUSED * label.strength * share
        else:
            right[chosen] += APPROVED * share
    elif label.source == "proved":
        right[chosen] += PROVED * share
    elif label.source == "survived" and len(choices(row)) > 1:
        right[chosen] += UNCONTESTED * share
    if row.get("teacher_tool"):
        right[str(row["teacher_tool"])] += TAUGHT * share
    return {tool: weight for tool, weight in right.items() if tool}, wrong


def _request(row: Row) -> str:
    context = row.get("context")
    return str(context.get("request") or "").strip() if isinstance(context, Mapping) else ""


def _is_later(row: Row) -> bool:
    """Whether the turn had calls before: then the choice followed from their results too."""
    context = row.get("context")
    turn = context.get("turn") if isinstance(context, Mapping) else None
    return isinstance(turn, list) and len(turn) > 1
