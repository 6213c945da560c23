"""Figures over the tools of decisions: how calls went, what was offered, how good the ranker's choices were.

Invariant: a figure counts only what it concerns, and is None where that is nothing. Calls that never ran
(refused, denied, interrupted) have no time and no success. Tokens of results are estimates; growth is what
the prompts had. What other programs logged in other shapes is passed over.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from tools.protocol.calls import ANSWER
from tools.selection.tokens import estimated_tokens
from training.labels.label import label_of

Row = dict[str, Any]
ALL = "all"


class _Calls:
    """The calls of one tool."""

    def __init__(self) -> None:
        self.decided = self.succeeded = 0
        self.times_ms = array("d")
        self.result_tokens = array("l")

    def add(self, row: Row) -> None:
        self.decided += 1
        outcome = row["outcome"] or {}
        took_ms = _number(outcome.get("execution_time_ms"))
        if not took_ms:
            return
        self.succeeded += bool(outcome["success"])
        self.times_ms.append(took_ms)
        self.result_tokens.append(estimated_tokens(str(outcome.get("result") or "")))

    def summary(self) -> Row:
        ran = len(self.times_ms)
        return {
            "decided": self.decided,
            "calls": ran,
            "success_rate": self.succeeded / ran if ran else None,
            "p50_ms": quantile(self.times_ms, 0.5),
            "p95_ms": quantile(self.times_ms, 0.95),
            "result_tokens_p50": quantile(self.result_tokens, 0.5),
        }


class _Ranking:
    """The ranker's first choices against the tool that was right, as far as it is known."""

    def __init__(self) -> None:
        self.compared = self.first = self.among_three = 0

    def add(self, row: Row, selection: Mapping[str, Any]) -> None:
        ranked, right = selection.get("ranked"), right_tool(row)
        if not isinstance(ranked, list) or not ranked or right is None:
            return
        self.compared += 1
        self.first += ranked[0] == right
        self.among_three += right in ranked[:3]

    def summary(self) -> Row:
        return {
            "compared": self.compared,
            "top1": self.first / self.compared if self.compared else None,
            "top3": self.among_three / self.compared if self.compared else None,
        }


class _Offers:
    """What decisions were chosen from, and the tokens that it took to say so."""

    def __init__(self) -> None:
        self.ways: Counter[str] = Counter()
        self.widened = self.held = self.bundled = 0
        self.offered = array("l")
        self.saved = array("l")

    def add(self, row: Row, selection: Mapping[str, Any]) -> None:
        way = str(selection.get("way"))
        self.saved.append(_tokens(selection, "schemas_tokens") - _tokens(selection, "tools_tokens"))
        if "ranked" not in selection:
            return
        self.ways[way] += 1
        self.widened += bool(selection.get("widened"))
        self.offered.append(len(choices(row)))
        if way not in (ALL, "shortlist"):
            self.bundled += 1
            right = right_tool(row)
            self.held += right is None or any(tool.get("name") == right for tool in row["tools_available"])

    def summary(self) -> Row:
        turns = sum(self.ways.values())
        return {
            "turns": turns,
            "ways": dict(self.ways.most_common()),
            "narrowed": turns - self.ways[ALL],
            "widened": self.widened,
            "offered_mean": sum(self.offered) / turns if turns else None,
            "bundles": {"used": self.bundled, "hits": self.held},
            "tokens_saved": sum(self.saved),
            "tokens_saved_per_prompt": sum(self.saved) / len(self.saved) if self.saved else None,
        }


class _Growth:
    """How much longer one call made the prompt of the decision that followed it in the same turn."""

    def __init__(self) -> None:
        self._following: dict[Any, tuple[str, int]] = {}
        self._prompt_tokens = array("l")
        self._beyond_result = array("l")

    def add(self, row: Row, context: Mapping[str, Any]) -> None:
        """Rows come newest first, so that what followed a decision was seen before it."""
        request, prompt = str(context.get("request")), _tokens(context.get("usage"), "prompt_tokens")
        if not prompt:  # another call of the same decision: two results cannot be told apart
            self._following.pop(row["session_id"], None)
            return
        followed = self._following.get(row["session_id"])
        self._following[row["session_id"]] = (request, prompt)
        result = (row["outcome"] or {}).get("result")
        if row["tool_selected"] != ANSWER and followed and followed[0] == request and followed[1] > prompt:
            self._prompt_tokens.append(followed[1] - prompt)
            self._beyond_result.append(followed[1] - prompt - estimated_tokens(str(result or "")))

    def summary(self) -> Row:
        return {
            "calls": len(self._prompt_tokens),
            "p50": quantile(self._prompt_tokens, 0.5),
            "p95": quantile(self._prompt_tokens, 0.95),
            "beyond_result_p50": quantile(self._beyond_result, 0.5),
        }


def tool_statistics(rows: Iterable[Row]) -> Row:
    """Figures over decisions given newest first."""
    every, ranking, offers, growth = _Calls(), _Ranking(), _Offers(), _Growth()
    tools: defaultdict[str, _Calls] = defaultdict(_Calls)
    decisions = 0
    for row in rows:
        decisions += 1
        context = row["context"] if isinstance(row["context"], Mapping) else {}
        growth.add(row, context)
        if row["tool_selected"] != ANSWER:
            every.add(row)
            tools[str(row["tool_selected"])].add(row)
        selection = context.get("selection")
        if isinstance(selection, Mapping):
            ranking.add(row, selection)
            if context.get("usage"):
                offers.add(row, selection)
    most_first = sorted(tools.items(), key=lambda item: (-item[1].decided, item[0]))
    return {
        "decisions": decisions,
        **every.summary(),
        "tools": [{"tool": name, **calls.summary()} for name, calls in most_first],
        "selection": offers.summary(),
        "ranker": ranking.summary(),
        "growth_per_call": growth.summary(),
    }


def right_tool(row: Row) -> str | None:
    """The tool that was right, as far as anything says so; None where nothing does.

    What was chosen without a choice, and that nobody judged, says nothing.
    """
    label = label_of(row)
    if label.source == "survived" and len(choices(row)) < 2:
        return None
    return label.tool or None


def choices(row: Mapping[str, Any]) -> list[str]:
    """The names that a decision could choose from: those offered, where not all that it was shown were."""
    context = row.get("context")
    selection = context.get("selection") if isinstance(context, Mapping) else None
    offered = selection.get("offered") if isinstance(selection, Mapping) else None
    if isinstance(offered, list):
        return [str(name) for name in offered]
    available = row.get("tools_available")
    if not isinstance(available, list):
        return []
    return [str(tool.get("name", "")) if isinstance(tool, Mapping) else str(tool) for tool in available]


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _tokens(counts: Any, name: str) -> int:
    return int(_number(counts.get(name))) if isinstance(counts, Mapping) else 0


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least ``share`` of the values do not exceed; None where there is none."""
    return sorted(values)[max(ceil(len(values) * share) - 1, 0)] if values else None
