"""Curation over Ray Data on a cluster of two nodes: the same as here, and computed on both."""

import re
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sandbox.packages import install_extra
from tests.training.curation.rows import row
from tests.training.curation.test_curation_job import curate, place
from training import CaR, SemDeDup
from training.curation.base import CurationError
from training.curation.embedding import embedder_of
from training.curation.engine import LOCAL, opened
from training.curation.ray_engine import RayEngine, connected
from training.curation.second_look import SecondLook

__all__ = ["place"]
ray_cluster = pytest.mark.slow
VERBS, NOUNS = ("open", "show me", "please read", "what is in"), ("parser", "cache", "router", "ledger")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes with a core each, to which this process is connected."""
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1, wait=False)
    ray.init(address=made.address, log_to_driver=False)
    made.wait_for_nodes(timeout=300)
    try:
        yield str(made.address)
    finally:
        ray.shutdown()
        made.shutdown()


def decisions(count: int = 240) -> list[dict[str, Any]]:
    """Of few words in many orders, so that some say the same."""
    dice = np.random.default_rng(3)
    return [
        row(
            f"{dice.choice(VERBS)} the {dice.choice(NOUNS)}",
            arguments={"path": f"src/{dice.choice(NOUNS)}.py"},
            number=number,
            session=f"s{number % 7}",
        )
        for number in range(count)
    ]


def node_of(folder: Path, part: int) -> str:
    """The node that this runs on, once both were seen: a node that starts late must not find all done."""
    import ray

    node = str(ray.get_runtime_context().get_node_id())
    (folder / node).touch()
    end = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    return node


@ray_cluster
def test_a_job_can_be_cancelled_also_once_ray_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **_: signal.signal(signal.SIGTERM, lambda *_: sys.exit(15)))
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    before = signal.getsignal(signal.SIGTERM)
    with connected():
        assert signal.getsignal(signal.SIGTERM) is before


@ray_cluster
def test_parts_come_back_in_their_order_from_both_nodes(cluster: str, tmp_path: Path) -> None:
    engine = RayEngine()
    assert engine.map(str, range(20)) == list(map(str, range(20)))
    assert engine.map(str, []) == []
    assert len(set(engine.map(partial(node_of, tmp_path), range(8)))) == 2


@ray_cluster
async def test_duplicates_and_representatives_are_those_of_the_local_engine(cluster: str) -> None:
    rows, second = decisions(), SecondLook(embedder_of("letters"), doubt=0.3)
    found = {}
    for name, engine in (("here", LOCAL), ("there", RayEngine())):
        semdedup = SemDeDup(0.9, floor=2, second=second, exact=100, engine=engine)
        kept, stats = await semdedup.deduplicate(rows)
        best, facts = await CaR(6, 3, engine=engine).select_representatives(kept)
        found[name] = kept, stats, best, facts
    assert found["here"] == found["there"]
    kept, stats, best, _ = found["here"]
    assert stats["second_look"] > 0 and len(best) < len(kept) < len(rows)


@ray_cluster
def test_a_part_that_fails_is_said_in_one_line(cluster: str) -> None:
    with pytest.raises(CurationError, match=r"Ray could not finish a part.*--engine local") as raised:
        RayEngine().map(int, ["none"])
    assert "\n" not in str(raised.value)


@ray_cluster
def test_the_job_gives_the_same_dataset(cluster: str, place: Path) -> None:
    here, _ = curate(place, "here", clusters=3)
    there, _ = curate(place, "there", clusters=3, engine="ray")
    assert here["dataset"] == there["dataset"]


def test_without_ray_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(CurationError, match=re.escape(install_extra("ray"))), connected():
        pass
    with opened("local") as engine:
        assert engine is LOCAL
