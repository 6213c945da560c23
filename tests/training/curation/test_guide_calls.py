"""The two steps as one chain, called as the guide calls them."""

from typing import Any

import pytest

from tests.training.curation.rows import row
from training import CaR, SemDeDup

pytestmark = pytest.mark.slow
"""scikit-learn takes most of a second to import."""

PARTS = ("parser", "server", "cache", "router", "scheduler", "logger")
ASKED = (
    ("Show me what is in {part}.py", "read_file", {"path": "src/{part}.py"}),
    ("Run only the tests of the {part}", "run_shell", {"command": "pytest -q tests/test_{part}.py"}),
    ("Where do we raise an error in the {part}?", "search", {"pattern": "raise", "path": "src/{part}.py"}),
)


def decisions() -> list[dict[str, Any]]:
    """Each request of each part three times, once of it in capitals, with the same call."""
    found: list[dict[str, Any]] = []
    for part in PARTS:
        for asked, tool, arguments in ASKED:
            request = asked.format(part=part)
            call = {name: value.format(part=part) for name, value in arguments.items()}
            found += [
                row(said, tool, call, number=len(found) + n)
                for n, said in enumerate((request, request.upper(), request))
            ]
    return found


async def test_deduplicated_then_representatives() -> None:
    raw_decisions = decisions()

    semdedup = SemDeDup(similarity_threshold=0.95)
    deduplicated, stats = await semdedup.deduplicate(raw_decisions)
    assert stats["decisions"] == 54 and stats["kept"] == len(deduplicated) == 18
    assert {one["tool_selected"] for one in deduplicated} == {"read_file", "run_shell", "search"}

    embeddings = None
    car = CaR(n_clusters=10, examples_per_cluster=5)
    representatives, stats = await car.select_representatives(deduplicated, embeddings)
    assert stats["decisions"] == 18 and stats["selected"] == len(representatives)
    assert len(stats["clusters"]) == 10
    assert all(0 < one["selected"] <= 5 for one in stats["clusters"])
    places = [deduplicated.index(one) for one in representatives]
    assert places == sorted(set(places))

    one_each, _ = await CaR(n_clusters=10, examples_per_cluster=1).select_representatives(deduplicated)
    assert len(one_each) == 10
