"""Lineage: up and down the products, and from rows to events and datasets."""

import pytest

from tests.training.products.product_events import complete, decide, go_on, record
from training.events.base import EventType
from training.products import ProductError
from training.products.lineage import lineage

EXAMPLES = "distillation_training_data"


@pytest.fixture
def curated(store, log):
    """Two examples, one of them in a dataset that a model was trained on; everything is published."""
    events = {"one": decide(log, 1), "two": decide(log, 2)}
    for selection in list(events.values()):
        complete(log, selection)
    record(log, EventType.TRAINING_DATA_CURATED, dataset_id="d1", event_ids=[events["one"].event_id])
    go_on(log)
    record(log, EventType.MODEL_TRAINED, model_id="m1", dataset_id="d1")
    for name in ("agent_decision_history", EXAMPLES, "distilled_model_metrics"):
        store.publish(name, log)
    return events


def child(node, name):
    (found,) = [one for one in node.children if one.name == name]
    return found


def test_upstream_goes_down_to_event_types(store, curated):
    above = child(lineage(store, EXAMPLES), "made from")
    assert [one.name for one in above.children] == ["agent_decision_history", "TRAINING_DATA_CURATED"]
    history = above.children[0]
    assert [one.name for one in history.children] == [
        "AGENT_TOOL_SELECTED",
        "AGENT_TOOL_COMPLETED",
        "DECISION_REVIEWED",
    ]
    assert (history.facts["rows"], history.facts["events"]) == (3, 5)


def test_downstream_names_what_is_made_of_it(store, curated):
    below = child(lineage(store, "agent_decision_history"), "used by")
    assert [one.name for one in below.children] == [
        EXAMPLES,
        "cost_analysis",
        "performance_benchmarks",
    ]
    examples, costs, _ = below.children
    assert [one.name for one in examples.children] == ["distilled_model_metrics", "optimization_history"]
    assert costs.facts == {"version": None}


def test_datasets_are_named(store, curated):
    for product in (EXAMPLES, "distilled_model_metrics"):
        datasets = child(lineage(store, product), "datasets")
        assert [(one.kind, one.name) for one in datasets.children] == [("dataset", "d1")]
    assert all(one.name != "datasets" for one in lineage(store, "agent_decision_history").children)


def test_rows_lead_to_their_events_and_datasets(store, curated, log):
    chosen = curated["one"].event_id
    tree = lineage(store, EXAMPLES, {"event_id": chosen}, limit=5)
    (row,) = child(tree, "rows").children
    assert row.name == chosen
    sources = [(one.kind, one.name) for one in row.children]
    kinds = [log.get(name).event_type for kind, name in sources if kind == "event"]
    assert kinds == ["AGENT_TOOL_SELECTED", "AGENT_TOOL_COMPLETED", "TRAINING_DATA_CURATED"]
    assert sources[-1] == ("dataset", "d1")
    assert len(child(lineage(store, EXAMPLES, limit=1), "rows").children) == 1


def test_rows_without_an_id_are_named_by_their_key(store, log, curated):
    store.publish("performance_benchmarks", log)
    tree = lineage(store, "performance_benchmarks", limit=1)
    assert child(tree, "rows").children[0].name == "2026-03-04, coder, coding, run_shell, m"


def test_a_tree_becomes_plain_facts(store, curated):
    facts = lineage(store, EXAMPLES).to_dict()
    assert (facts["kind"], facts["name"], facts["rows"]) == ("product", EXAMPLES, 2)
    assert facts["children"][0]["children"][0]["name"] == "agent_decision_history"


def test_before_anything_is_published_there_is_the_declaration(store):
    tree = lineage(store, EXAMPLES)
    assert tree.facts == {"version": None}
    with pytest.raises(ProductError, match="publish"):
        lineage(store, EXAMPLES, limit=1)
    with pytest.raises(ProductError, match="no data product"):
        lineage(store, "x")
