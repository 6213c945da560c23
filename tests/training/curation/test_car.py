"""Which decisions stand for their cluster."""

import numpy as np
import pytest

from tests.training.curation.rows import review, row
from training import CaR
from training.curation import clustering
from training.curation.base import CurationError
from training.curation.clustering import silhouette_of
from training.curation.diversity import diversity_of
from training.curation.embedding import normal

pytestmark = pytest.mark.slow
"""scikit-learn takes most of a second to import."""

TOPICS = ("parse the grammar of", "open a socket to", "draw a widget for")


def some(each: int) -> list[dict]:
    return [row(f"{TOPICS[n // each]} {n}", number=n) for n in range(3 * each)]


async def test_so_many_of_each_cluster():
    representatives, stats = await CaR(n_clusters=3, examples_per_cluster=2).select_representatives(
        some(10), None
    )
    assert len(representatives) == 6
    assert sorted(one["context"]["request"][:4] for one in representatives) == sorted(
        ["pars", "open", "draw"] * 2
    )
    assert stats["selection_rate"] == 0.2 and stats["silhouette"] > 0.2
    assert [one["selected"] for one in stats["clusters"]] == [2, 2, 2]


async def test_the_same_again():
    car = CaR(n_clusters=4, examples_per_cluster=3, seed=7)
    assert await car.select_representatives(some(20)) == await car.select_representatives(some(20))


async def test_the_better_one_stands_for_its_cluster():
    rows = some(10)
    rows[7] = rows[7] | {"review": review("good")}
    found, _ = await CaR(3, 1).select_representatives(rows)
    assert "e7" in [one["event_id"] for one in found]


async def test_the_papers_rule_adds_the_best_of_all():
    rows = [one | {"review": review("good")} if n < 5 else one for n, one in enumerate(some(10))]
    found, _ = await CaR(3, 1, rule="ranked", top=5).select_representatives(rows)
    assert {f"e{n}" for n in range(5)} <= {one["event_id"] for one in found}
    assert len(found) == 7


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
async def test_clusters_by_density(method):
    centres = np.eye(3, 8, dtype=np.float32)
    vectors = normal(
        np.repeat(centres, 20, axis=0) + np.float32(0.01) * np.random.default_rng(0).normal(size=(60, 8))
    )
    found, stats = await CaR(method=method, examples_per_cluster=1).select_representatives(some(20), vectors)
    assert len(found) == len(stats["clusters"]) == 3


async def test_few_or_none():
    assert (await CaR().select_representatives([]))[0] == []
    assert len((await CaR().select_representatives(some(1)))[0]) == 3
    with pytest.raises(CurationError, match="at least 1"):
        CaR(0)


def test_diversity_and_silhouette_of_known_vectors():
    vectors = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
    found = diversity_of(vectors, ["a", "a", "b", "b"], np.array([0, 2]))
    assert found == {"distance": 1.0, "coverage": 1.0, "tools": 1.0, "evenness": 1.0}
    assert diversity_of(vectors, ["a", "a", "b", "b"], np.array([0]))["coverage"] == 0.5
    assert silhouette_of(vectors, np.array([0, 0, 1, 1])) == 1.0
    assert silhouette_of(vectors, np.array([0, 0, 0, 0])) is None


def test_of_many_the_clusters_are_learned_from_batches_and_are_the_same_again(monkeypatch):
    monkeypatch.setattr(clustering, "MANY", 20)
    vectors = normal(np.repeat(np.eye(3, 8), 20, axis=0) + np.random.default_rng(0).normal(0, 0.01, (60, 8)))
    found = clustering.clusters_of(vectors, n_clusters=3)
    assert [len(set(found[start : start + 20])) for start in (0, 20, 40)] == [1, 1, 1]
    assert len(set(found)) == 3
    assert (clustering.clusters_of(vectors, n_clusters=3) == found).all()
