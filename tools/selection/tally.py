"""What a manager did so far: counts, times and tokens, in memory and bounded."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Any

from tools.calls import ToolResult

MOST_TIMES = 1000


@dataclass
class _Uses:
    calls: int = 0
    succeeded: int = 0
    times_ms: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_TIMES))


class Tally:
    """Counts over tasks and calls. Times are of the last thousand calls of a tool."""

    def __init__(self) -> None:
        self.tasks = 0
        self.tools_available = 0
        self.tools_selected = 0
        self.tokens_saved = 0
        self._uses: defaultdict[str, _Uses] = defaultdict(_Uses)

    def selected(self, available: int, selected: int, tokens_saved: int) -> None:
        """Count one task."""
        self.tasks += 1
        self.tools_available += available
        self.tools_selected += selected
        self.tokens_saved += tokens_saved

    def called(self, tool: str, result: ToolResult) -> None:
        """Count one call."""
        uses = self._uses[tool]
        uses.calls += 1
        uses.succeeded += result.success
        uses.times_ms.append(result.execution_time_ms)

    def typical_ms(self, tool: str) -> float | None:
        """The median time of a tool's calls; None where it was never called."""
        times = self._uses[tool].times_ms if tool in self._uses else ()
        return median(times) if times else None

    def summary(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        calls = sum(uses.calls for uses in self._uses.values())
        succeeded = sum(uses.succeeded for uses in self._uses.values())
        return {
            "tasks": self.tasks,
            "tools_available": self.tools_available,
            "tools_selected": self.tools_selected,
            "tokens_saved": self.tokens_saved,
            "calls": calls,
            "success_rate": succeeded / calls if calls else None,
            "tools": {tool: _summary(uses) for tool, uses in sorted(self._uses.items())},
        }


def _summary(uses: _Uses) -> dict[str, Any]:
    times = sorted(uses.times_ms)
    return {
        "calls": uses.calls,
        "success_rate": uses.succeeded / uses.calls,
        "p50_ms": median(times),
        "p95_ms": times[max(ceil(len(times) * 0.95) - 1, 0)],
    }
