"""Data products built and published over a log on a real server: the same rows as over one in a folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.products.product_events import NOON, complete, decide, record, review
from training.events import EventLog, EventType, open_log
from training.events.incoming import unredacted
from training.events.migration import move
from training.products import PRODUCTS, ProductStore, publish, query
from training.products.lineage import lineage

pytestmark = pytest.mark.postgres


@pytest.fixture
def folder_log(tmp_path: Path) -> Iterator[EventLog]:
    """Decisions of two agents with outcomes, reviews and a cited one; a dataset, a model, a search."""
    log = open_log(tmp_path / "log")
    for number in range(12):
        usage = {"prompt_tokens": 100 + number, "completion_tokens": 7, "cost_usd": 0.1}
        context = {"request": f"request {number} \u0000 ü", "usage": usage}
        selection = decide(log, number, agent=("coder", "tester")[number % 2], context=context)
        if number % 3:
            complete(log, selection, success=number % 4 > 0, result="a\0b" * number)
        if number % 5 == 0:
            review(log, selection, "corrected", "run_shell")
            review(log, selection, "good")
    record(log, EventType.TRAINING_DATA_CURATED, "d1", dataset_id="d1", event_ids=[selection.event_id])
    record(log, EventType.MODEL_TRAINED, "m1", model_id="m1", dataset_id="d1", duration_s=1e22, cost_usd=0.5)
    record(
        log, EventType.MODEL_EVALUATED, "m1", model_id="m1", cases=7, tool_accuracy=0.5, call_accuracy=0.25
    )
    record(log, EventType.PROMPTS_OPTIMIZED, "p1", score_before=0.1, score_after=0.3, trials=3)
    yield log
    log.close()


@pytest.fixture
def server_log(folder_log: EventLog, postgres_url: str) -> Iterator[EventLog]:
    log = open_log(postgres_url, redactor=unredacted)
    move(folder_log, log, lambda *_: None)
    yield log
    log.close()


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_product_is_the_same_over_both(product, folder_log, server_log, tmp_path):
    stores = ProductStore(tmp_path / "one"), ProductStore(tmp_path / "other")
    told: list[tuple[int, int]] = []
    one = stores[0].publish(product, folder_log, now=NOON)
    other = stores[1].publish(product, server_log, now=NOON, progress=lambda *done: told.append(done))
    assert one.rows > 0 and (one.version, one.quality) == (other.version, other.quality)
    assert (one.rows, one.events, one.datasets, one.until) == (
        other.rows,
        other.events,
        other.datasets,
        other.until,
    )
    assert stores[0].open(product).query() == stores[1].open(product).query()
    trees = [lineage(store, product, limit=3).to_dict() for store in stores]
    assert trees[0] == trees[1]


def test_a_version_is_stale_once_the_server_has_more(server_log, tmp_path):
    store = ProductStore(tmp_path / "products")
    store.publish("agent_decision_history", server_log)
    assert not store.is_stale("agent_decision_history", server_log)
    decide(server_log, 99)
    assert store.is_stale("agent_decision_history", server_log)
    assert store.publish("agent_decision_history", server_log).rows == 13


def test_by_the_url_of_the_server(server_log, postgres_url, tmp_path, monkeypatch):
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    assert publish("agent_decision_history", postgres_url).rows == 12
    found = query("agent_decision_history", {"agent_id": "tester", "confidence": {"gte": 0.5}}, limit=2)
    assert [row["agent_id"] for row in found] == ["tester", "tester"]
