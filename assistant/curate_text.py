"""What of a curation is the same in the command line, in its image and in the panel: figures, and tones."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

TONES = 6
"""Tools that have a colour of their own on a map; the rest share one."""


def cluster_figures(result: Mapping[str, Any]) -> str:
    """Of the result of a job, or the facts of its stage ``select``; empty where nothing was clustered."""
    diversity: Mapping[str, float | None] = result.get("diversity") or {}
    found = {"silhouette": result.get("silhouette"), **diversity}
    parts = [f"{name} {value:.3f}" for name, value in found.items() if value is not None]
    return f"clusters: {', '.join(parts)}" if parts else ""


def tones_of(tools: Iterable[str]) -> dict[str, int]:
    """The tone of each tool, the most frequent first; ``TONES`` where it has none of its own."""
    counts = Counter(tools)
    ranked = sorted(counts, key=lambda tool: (-counts[tool], tool))
    return {tool: min(place, TONES) for place, tool in enumerate(ranked)}
