"""What teachers start from: decisions of the log that the student got wrong or was unsure of, then others.

Invariant: a seed whose right call is known was corrected by a person; of any other, ``is_known`` says that a
teacher has to label it. What the log holds was redacted when it was written.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tools.calls import ToolCall
from tools.protocol.messages import Message, Signature
from tools.schema import validate
from training.datasets.example import Example, Kind, example_id
from training.generation.base import Source
from training.generation.log_rows import Row, conversation_of, signatures_of
from training.labels import label_of

MOST = 1_000
_UNKNOWN = "unlabelled"


def is_known(seed: Example) -> bool:
    """Whether the calls of the seed are right."""
    return not seed.source.get(_UNKNOWN)


def seeds_of(rows: Iterable[Row], unsure_below: float) -> list[Example]:
    """The seeds in decision rows, at most ``MOST``: corrected first, then wrong ones, then the least sure."""
    found: dict[str, tuple[tuple[int, float], Example]] = {}
    for row in rows:
        rank = _rank(row, unsure_below)
        seed = _seed(row) if rank is not None else None
        if seed is not None and rank is not None:
            found.setdefault(seed.id, (rank, seed))
    return [seed for _, seed in sorted(found.values(), key=lambda pair: pair[0])][:MOST]


def _rank(row: Row, unsure_below: float) -> tuple[int, float] | None:
    """What comes first has the lower one; None for what teaches nothing new."""
    label, confidence = label_of(row), row.get("confidence")
    sure = confidence if isinstance(confidence, int | float) else 1.0
    if label.source == "said" and label.rejected_tool:
        return (0 if label.tool else 1), sure
    return (2, sure) if label.source != "said" and sure < unsure_below else None


def _seed(row: Row) -> Example | None:
    """None where the row does not hold enough, or the corrected call does not fit its tool."""
    before, tools = conversation_of(row), signatures_of(row)
    label = label_of(row)
    known = label.source == "said" and label.verdict == "correction"
    tool = label.tool if known else row.get("tool_selected")
    arguments = dict((label.arguments if known else row.get("tool_parameters")) or {})
    if before is None or not _fits(tool, arguments, tools):
        return None
    turns = (*before, Message("assistant", calls=(ToolCall("c0", str(tool), dict(arguments)),)))
    source = {"seed": "log", "event": row.get("event_id"), "template": "log"}
    session = str(row.get("session_id") or "")
    kind: Kind = "several" if len(before) > 1 else "call"
    id_ = example_id(before, tools)
    return Example(id_, turns, tools, kind, session, source if known else {**source, _UNKNOWN: True})


def _fits(tool: Any, arguments: Any, tools: Sequence[Signature]) -> bool:
    offered = next((one for one in tools if one.name == tool), None)
    if offered is None or not isinstance(arguments, dict):
        return False
    return validate(offered.parameters, arguments) is None


class Seeds:
    """Fulfils ``Source``: those that are known before, then what ``source`` makes."""

    def __init__(self, first: Sequence[Example], source: Source) -> None:
        self._first = first
        self._source = source

    async def make(self, index: int) -> Example:
        if index < len(self._first):
            return self._first[index]
        return await self._source.make(index - len(self._first))
