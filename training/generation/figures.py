"""What a set of examples consists of, in sums: it takes no more memory after 100,000 than after one."""

from collections import Counter
from typing import Any

from tools.protocol.calls import ANSWER
from training.datasets.example import Example

_SOURCE = {
    "templates": "template",
    "languages": "language",
    "providers": "provider",
    "models": "model",
    "prompt_versions": "prompt_version",
}
"""What is counted, and what it is called in an example's source."""
EXECUTED = "executed"
"""Where a source says nothing else, the results in its example are those of calls that were executed."""


class Figures:
    """``add`` every example once."""

    def __init__(self) -> None:
        self.examples = 0
        self._kinds: Counter[str] = Counter()
        self._tools: Counter[str] = Counter()
        self._sources: dict[str, Counter[str]] = {name: Counter() for name in _SOURCE}
        self._turns = self._calls = self._soft = 0
        self._results: Counter[str] = Counter()
        self._cost_usd = 0.0
        self._unpriced = False

    def add(self, example: Example) -> None:
        calls = [call for turn in example.messages for call in turn.calls]
        self.examples += 1
        self._kinds[example.kind] += 1
        self._tools.update({call.tool for call in calls} or {ANSWER})
        self._turns += len(example.messages)
        self._calls += len(calls)
        self._results[example.source.get("results", EXECUTED)] += sum(
            turn.role == "tool" for turn in example.messages
        )
        self._soft += bool(example.shares)
        cost = example.source.get("cost_usd", 0.0)
        self._cost_usd += cost or 0.0
        self._unpriced = self._unpriced or cost is None
        for name, key in _SOURCE.items():
            if value := example.source.get(key):
                self._sources[name][str(value)] += 1

    def made_by(self, provider: str) -> int:
        return self._sources["providers"][provider]

    def facts(self) -> dict[str, Any]:
        """JSON-ready, the most frequent first. Tools count the examples that call them; ``results`` are those
        that stand in the examples, by where they come from.
        """
        unknown = self._unpriced and not self._cost_usd
        return {
            "examples": self.examples,
            "kinds": {
                kind: {"count": count, "share": round(count / self.examples, 4)}
                for kind, count in self._kinds.most_common()
            },
            "tools": dict(self._tools.most_common()),
            **{name: dict(counted.most_common()) for name, counted in self._sources.items()},
            "turns": self._turns,
            "calls": self._calls,
            "results": dict(self._results.most_common()),
            "with_soft_labels": self._soft,
            "cost_usd_of_examples": None if unknown else round(self._cost_usd, 6),
        }
