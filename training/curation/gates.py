"""Where a curation stops, rather than publish what would teach little or wrongly.

Invariant: whoever is stopped reads which gate it was, by how much, and what to change.
"""

from collections.abc import Mapping
from typing import Any

from training.curation.base import CurationError
from training.curation.recipe import Gates

Report = Mapping[str, Any]
"""What is said of a stage: ``name, before, after, reasons``."""


def check_stage(report: Report, gates: Gates) -> None:
    """Raises CurationError where the stage left too little."""
    before, after = report["before"], report["after"]
    if report["name"] == "filter" and not after:
        raise CurationError("no decision matches; widen --since, --until or --filter, or record some first")
    if report["name"] == "redact":
        _aside(report, before - after, before, gates, "hold secrets; look at them in the log")
    if report["name"] == "label":
        drifted = sum(count for why, count in report["reasons"].items() if why.startswith("it does not fit"))
        what = "do not fit the tools of today; --rename says what they are called now"
        _aside(report, drifted, drifted + after, gates, what)
        if not after:
            raise CurationError(
                "of none of the decisions it is known whether they were right; review or relabel some"
            )
    if report["name"] == "dedup" and before and (before - after) / before > gates.most_reduction:
        raise CurationError(
            f"{(before - after) / before:.0%} are duplicates, and gates.most_reduction is "
            f"{gates.most_reduction:.0%}; raise --threshold, or the gate"
        )


def check_examples(count: int, gates: Gates) -> None:
    """Raises CurationError where there are too few right examples in all splits."""
    if count < gates.least_examples:
        raise CurationError(
            f"{count} examples are left, and gates.least_examples is {gates.least_examples}; "
            "take more decisions, or lower the gate"
        )


def _aside(report: Report, aside: int, whole: int, gates: Gates, what: str) -> None:
    if whole and aside / whole > gates.most_set_aside:
        first = next((why for why in report["reasons"]), "")
        raise CurationError(
            f"{aside} of {whole} decisions {what} (gates.most_set_aside is {gates.most_set_aside:.0%}); "
            f"most often: {first}"
        )
