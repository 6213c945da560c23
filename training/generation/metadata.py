"""``train_metadata.json``: where a set of examples came from, what is in it, its cost, what was left out."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from training.generation.figures import Figures
from training.generation.groups import group_counts
from training.generation.plan import Plan
from training.teachers.ledger import Ledger, row

VERSION = 1


def metadata(
    plan: Plan, state: Mapping[str, Any], figures: Figures, filters: Mapping[str, Any], ledger: Ledger
) -> dict[str, Any]:
    """JSON-ready. ``costs`` are those of all that was asked, of examples that were left out too.

    ``filters`` has what each filter checked, in the order in which they are applied: first what a provider
    gave that is no example.
    """
    examples = plan.examples
    found = figures.facts()
    return {
        "version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "examples": examples,
        "unwanted": figures.examples - examples,
        "seconds": round(state.get("seconds", 0.0), 1),
        "runs": state["runs"],
        **plan.identity(),
        "figures": found,
        "template_groups": group_counts(found["templates"]),
        "costs": {**row(ledger.total), "groups": ledger.rows()},
        "filters": dict(filters),
        "versions": {"apprentice": version("apprentice"), "python": platform.python_version()},
    }
