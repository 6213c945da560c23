"""Who is left out as a duplicate, for whom, and who never is."""

import numpy as np
import pytest

from tests.training.curation.rows import review, row
from training import SemDeDup
from training.curation.base import CurationError
from training.curation.duplicates import near_duplicates
from training.curation.embedding import embed_decisions, normal
from training.curation.spherical import spherical_clusters

WORDS = ["parser", "cache", "router", "socket", "ledger", "planner", "widget", "kernel", "matrix", "beacon"]


def different(number: int) -> list[dict]:
    return [
        row(
            f"show me how the {WORDS[n % 10]} of {WORDS[n // 10 % 10]} works",
            arguments={"path": f"{n}.py"},
            number=n,
        )
        for n in range(number)
    ]


async def test_what_is_written_alike_goes_and_names_what_stays():
    same = [row("Read  src/cache.py please", arguments={"path": "src/cache.py"}, number=n) for n in (0, 1, 2)]
    other = row("run the tests of the router", "run_shell", {"command": "pytest"}, number=3)
    deduplicated, stats = await SemDeDup(similarity_threshold=0.95, floor=0).deduplicate([*same, other])
    assert [one["event_id"] for one in deduplicated] == ["e0", "e3"]
    assert stats["reduction_rate"] == 0.5
    assert stats["dropped"] == [
        {"event_id": name, "duplicate_of": "e0", "similarity": 1.0} for name in ("e1", "e2")
    ]
    assert stats["tools"]["read_file"] == {"decisions": 3, "kept": 1}


@pytest.mark.parametrize(
    "other",
    [
        row("read it", "run_shell", {"path": "a.py"}, number=1),
        row("read it", arguments={"path": "src/deep/other/place.py"}, number=1),
        row("read it", number=1, review=review("refused")),
        row("read it", number=1, success=False),
        row(
            "read it", number=1, context={"request": "read it", "turn": [{"calls": [{"tool": "list_files"}]}]}
        ),
    ],
    ids=["tool", "arguments", "refused", "failed", "a later step"],
)
async def test_what_teaches_something_else_stays(other):
    kept, _ = await SemDeDup(0.95, floor=0).deduplicate([row("read it"), other])
    assert len(kept) == 2


async def test_a_renamed_argument_makes_no_other_call():
    rows = [row("read it", arguments={"path": "a.py"}), row("read it", arguments={"file": "a.py"}, number=1)]
    kept, _ = await SemDeDup(0.95, floor=0).deduplicate(rows)
    assert len(kept) == 1


async def test_rare_tools_and_what_a_person_keeps_stay():
    rows = [row("read it", number=n) for n in range(9)]
    kept, stats = await SemDeDup(0.95, floor=3, keep=["e7"]).deduplicate(rows)
    assert (len(kept), stats["floored"]) == (3, 2)
    assert "e7" in [one["event_id"] for one in kept]


async def test_the_threshold_moves_the_reduction():
    rows = different(30)
    kept = [(await SemDeDup(bound, floor=0).deduplicate(rows))[1]["kept"] for bound in (0.3, 0.7, 1.0)]
    assert kept[0] < kept[1] <= kept[2] == 30


async def test_by_clusters_it_finds_what_it_finds_in_all_pairs():
    rows = [row for row in different(100) for _ in range(3)]
    whole, _ = await SemDeDup(0.999, floor=0).deduplicate(rows)
    parts, stats = await SemDeDup(0.999, floor=0, exact=50).deduplicate(rows)
    assert [one["event_id"] for one in parts] == [one["event_id"] for one in whole]
    assert len(whole) == 100 and stats["clusters"]


def test_whoever_goes_names_one_that_stays():
    random = np.random.default_rng(1)
    vectors = normal(random.normal(size=(60, 1, 8)) + 0.15 * random.normal(size=(60, 40, 8))).reshape(-1, 8)
    vectors = normal(vectors)
    owner, cosine = near_duplicates(vectors, random.permutation(len(vectors)), 0.95)
    stay = np.flatnonzero(owner == np.arange(len(vectors)))
    assert (owner[owner] == owner).all() and len(stay) < len(vectors)
    assert np.allclose((vectors * vectors[owner]).sum(axis=1), cosine, atol=1e-5)
    among = vectors[stay] @ vectors[stay].T - np.eye(len(stay))
    assert among.max() < 0.95


def test_equal_vectors_are_equally_near_whatever_they_round_to():
    vectors = np.repeat(normal(np.random.default_rng(2).normal(size=(9, 300))), 2, axis=0).astype(np.float32)
    owner, cosine = near_duplicates(vectors, np.arange(len(vectors)), 0.95)
    assert set((vectors * vectors[owner]).sum(axis=1).tolist()) != {1.0}, "no noise: the test shows nothing"
    assert set(cosine.tolist()) == {1.0}


def test_clusters_are_those_of_directions():
    centres = np.eye(4, 16, dtype=np.float32)
    vectors = normal(
        np.repeat(centres, 50, axis=0) + np.float32(0.02) * np.random.default_rng(0).normal(size=(200, 16))
    )
    found, centroids = spherical_clusters(vectors, 40, seed=3)
    again, _ = spherical_clusters(vectors, 40, seed=3)
    assert (found == again).all() and len(centroids) == 40
    for cluster in np.unique(found):
        assert len(set(np.flatnonzero(found == cluster) // 50)) == 1


def test_letters_are_the_same_in_any_company():
    rows = different(40)
    alone = np.concatenate([embed_decisions([one]) for one in rows])
    assert np.array_equal(embed_decisions(rows), alone)
    assert np.allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-5)


async def test_empty_and_speechless_decisions():
    assert (await SemDeDup().deduplicate([]))[0] == []
    silent = [row("", arguments={}, number=n) for n in range(3)]
    assert len((await SemDeDup(floor=0).deduplicate(silent))[0]) == 3
    with pytest.raises(CurationError, match="more than 0, up to 1"):
        SemDeDup(1.5)
    with pytest.raises(CurationError, match="give one for each"):
        await SemDeDup().deduplicate(silent, np.zeros((2, 4), np.float32))
