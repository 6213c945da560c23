"""How well decisions went: figures over rows of the decision history, for each agent, category or any field.

Invariant: what was not recorded is counted as unknown, never as zero; a figure of no value is None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from training.labels.label import score
from training.products.base import Row, number
from training.products.base import field as value_of


@dataclass
class Tally:
    """Adds decisions up. Holds three numbers per decision."""

    decisions: int = 0
    succeeded: int = 0
    failed: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    scores: list[float] = field(default_factory=list)
    latency_ms: list[float] = field(default_factory=list)
    execution_time_ms: list[float] = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.decisions += 1
        success = value_of(row, "outcome.success")
        self.succeeded += success is True
        self.failed += success is False
        for values, value in (
            (self.scores, score(row)),
            (self.latency_ms, number(row.get("latency_ms"))),
            (self.execution_time_ms, number(value_of(row, "outcome.execution_time_ms"))),
        ):
            if value is not None:
                values.append(value)
        self.prompt_tokens = plus(self.prompt_tokens, value_of(row, "context.usage.prompt_tokens"))
        self.completion_tokens = plus(
            self.completion_tokens, value_of(row, "context.usage.completion_tokens")
        )

    def snapshot(self) -> dict[str, Any]:
        """The figures. Rates and ``score`` are 0 to 1, ``score`` a mean over ``scored`` decisions."""
        known = self.succeeded + self.failed
        return {
            "decisions": self.decisions,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "unknown": self.decisions - known,
            "success_rate": self.succeeded / known if known else None,
            "score": sum(self.scores) / len(self.scores) if self.scores else None,
            "scored": len(self.scores),
            "latency_p50_ms": quantile(self.latency_ms, 0.5),
            "latency_p95_ms": quantile(self.latency_ms, 0.95),
            "execution_p50_ms": quantile(self.execution_time_ms, 0.5),
            "execution_p95_ms": quantile(self.execution_time_ms, 0.95),
            "total_time_ms": sum(self.latency_ms) + sum(self.execution_time_ms),
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
        }


def snapshots(rows: Iterable[Row], by: Sequence[str]) -> list[dict[str, Any]]:
    """One snapshot for each combination of the fields ``by``, sorted by them.

    Tokens are those recorded as ``context["usage"]``: ``{"prompt_tokens", "completion_tokens"}``.
    """
    groups: dict[tuple[str, ...], Tally] = {}
    for row in rows:
        groups.setdefault(tuple(str(value_of(row, name)) for name in by), Tally()).add(row)
    return [{**dict(zip(by, key, strict=True)), **groups[key].snapshot()} for key in sorted(groups)]


def agent_snapshots(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """A snapshot for each agent."""
    return snapshots(rows, ["agent_id"])


def category_snapshots(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """A snapshot for each category."""
    return snapshots(rows, ["category"])


def plus(total: Any, value: Any) -> Any:
    """Their sum, where None is unknown: the sum of unknowns stays unknown."""
    if number(value) is None:
        return total
    return value if total is None else total + value


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least ``share`` of the values do not exceed; None where there is none."""
    if not values:
        return None
    return sorted(values)[max(ceil(len(values) * share) - 1, 0)]
