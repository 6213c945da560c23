"""Quality is what the content says: each figure on small rows made by hand."""

from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest

from tests.training.products.product_events import NOON, complete, decide, follow, review
from training.events.base import EventType
from training.products.base import Built, Moment, Product, Refresh, RowModel
from training.products.catalogue import PRODUCTS
from training.products.quality import (
    Meter,
    accuracy,
    completeness,
    consistency,
    timeliness,
    uniqueness,
)

NOW = NOON + timedelta(hours=1)


class Sale(RowModel):
    id: str
    at: Moment
    price: float | None = None
    note: str | None = None


SALES = Product(
    id="sales",
    domain="d",
    owner="o",
    description="",
    row=Sale,
    build=lambda view: iter(()),
    refresh=Refresh((), max_age_s=3600),
    key=("id", "price"),
    essential=("price", "note"),
    indexed=("id",),
    timestamp="at",
)


def row(number=1, **changes):
    return {"id": f"s{number}", "at": NOON.isoformat(), "price": 1.0, "note": "n"} | changes


def measured(*rows, contradictions=()):
    meter = Meter(SALES, NOW)
    for one in rows:
        meter.add(one if isinstance(one, Built) else Built(one))
    return meter.result()


def test_whole_fresh_distinct_rows_are_of_full_quality():
    quality = measured(row(1), row(2))
    assert (quality.completeness, quality.accuracy, quality.timeliness) == (1, 1, 1)
    assert (quality.consistency, quality.uniqueness) == (1, 1)


def test_without_rows_nothing_is_claimed():
    quality = measured()
    assert astuple(quality) == (None, None, None, None, None)


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_completeness_counts_essential_values_that_are_there(empty):
    assert measured(row(1), row(2, note=empty)).completeness == 3 / 4


def test_a_missing_field_is_incomplete_and_not_inaccurate():
    short = row(2)
    del short["note"]
    quality = measured(row(1), short)
    assert quality.completeness == 3 / 4
    assert quality.accuracy == 1


def test_zero_and_false_are_values():
    assert measured(row(price=0.0)).completeness == 1


def test_accuracy_counts_values_that_break_the_schema():
    quality = measured(row(1), row(2, price="dear", note=7))
    assert quality.accuracy == 1 - 2 / 8
    assert quality.completeness == 1


def test_a_field_that_is_not_declared_is_inaccurate():
    assert measured(row(colour="red")).accuracy == 1 - 1 / 5


@pytest.mark.parametrize(("age", "expected"), [(0, 1.0), (3600, 1.0), (7200, 0.5), (36_000, 0.1), (-60, 1.0)])
def test_timeliness_falls_with_the_age_of_the_newest_row(age, expected):
    at = (NOW - timedelta(seconds=age)).isoformat()
    old = (NOW - timedelta(days=9)).isoformat()
    assert measured(row(1, at=old), row(2, at=at)).timeliness == pytest.approx(expected)


def test_a_row_of_the_future_contradicts_the_clock_and_makes_nothing_timely():
    future = (NOW + timedelta(hours=1)).isoformat()
    stale = (NOW - timedelta(hours=2)).isoformat()
    quality = measured(row(1, at=future), row(2, at=stale))
    assert quality.consistency == 1 / 2
    assert quality.timeliness == 0.5


def test_consistency_counts_items_with_a_contradiction_once():
    twice = Built(row(2), contradictions=("a", "b"))
    stray = Built(None, contradictions=("an outcome of nothing",))
    assert measured(row(1), twice, row(3), stray).consistency == 1 - 2 / 4


def test_uniqueness_counts_distinct_keys_whatever_the_order_of_their_parts():
    quality = measured(row(1), row(1, note="other"), row(2), row(1, price=2.0))
    assert quality.uniqueness == 3 / 4


def test_each_formula_by_itself():
    assert completeness(3, 4) == 0.75
    assert accuracy(1, 4) == 0.75
    assert consistency(1, 4) == 0.75
    assert uniqueness(3, 4) == 0.75
    assert timeliness(NOON, NOON + timedelta(hours=4), 3600) == 0.25
    assert completeness(0, 0) is accuracy(0, 0) is consistency(0, 0) is uniqueness(0, 0) is None
    assert timeliness(None, NOW, 1) is None


class TestOfDecisions:
    """The same over a log: what is wrong with the decisions is what the figures say."""

    @pytest.fixture
    def quality(self, store, log):
        def of(product="agent_decision_history", now=NOW):
            return store.publish(product, log, now=now).quality

        return of

    def test_a_whole_decision(self, log, quality):
        complete(log, decide(log))
        found = quality()
        assert (found.completeness, found.accuracy, found.consistency, found.uniqueness) == (1, 1, 1, 1)

    def test_missing_fields(self, log, quality):
        complete(log, decide(log, reasoning="", confidence=None))
        assert quality().completeness == pytest.approx(1 - 2 / 11)

    def test_no_outcome_is_a_missing_field(self, log, quality):
        decide(log)
        assert quality().completeness == pytest.approx(1 - 1 / 11)

    def test_wrong_types_and_ranges(self, log, quality):
        complete(log, decide(log, confidence=1.5, latency_ms="long"))
        assert quality().accuracy == pytest.approx(1 - 2 / 20)

    def test_an_outcome_that_is_dated_before_its_selection(self, log, quality, store):
        complete(log, decide(log), timestamp="2026-03-04T11:00:00+00:00")
        complete(log, decide(log, 2))
        assert quality().consistency == 1 / 2
        (finding,) = store.manifest("agent_decision_history").findings
        assert finding["what"] == ["the outcome is dated before its selection"]

    def test_an_outcome_that_comes_before_its_selection_belongs_to_no_row(self, log, quality, store):
        first = decide(log)
        log.events.clear()
        stray = complete(log, first)
        log.append(first)
        found = quality()
        assert found.consistency == 1 / 2
        assert found.completeness == pytest.approx(1 - 1 / 11)
        (finding,) = store.manifest("agent_decision_history").findings
        assert finding["events"] == [stray.event_id]

    def test_two_outcomes_of_one_selection(self, log, quality):
        selection = decide(log)
        complete(log, selection)
        complete(log, selection, success=False)
        assert quality().consistency == 0

    def test_a_tool_that_was_not_offered(self, log, quality):
        decide(log, tool_selected="delete_all")
        assert quality().consistency == 0

    def test_a_correction_to_nothing(self, log, quality):
        review(log, decide(log), "corrected")
        review(log, decide(log, 2), "corrected", "run_shell")
        assert quality().consistency == 1 / 2

    def test_a_review_before_its_selection(self, log, quality):
        review(log, decide(log), "approved", timestamp="2026-03-04T11:00:00+00:00")
        assert quality().consistency == 0

    def test_duplicates_among_examples(self, log, quality):
        for number in (1, 1, 2):
            review(log, decide(log, number), "good")
        assert quality("distillation_training_data").uniqueness == pytest.approx(2 / 3)
        assert quality().uniqueness == 1

    def test_stale(self, log, quality):
        decide(log)
        assert quality(now=NOON + timedelta(days=1)).timeliness == 1
        assert quality(now=NOON + timedelta(days=4)).timeliness == pytest.approx(1 / 4)

    def test_events_that_are_nothing_like_a_decision(self, log, quality, store):
        selection = decide(log)
        follow(log, selection, EventType.AGENT_TOOL_COMPLETED, {"success": "maybe"})
        odd = {"context": "text", "tools_available": None, "tool_selected": None, "confidence": "high"}
        follow(log, selection, EventType.AGENT_TOOL_SELECTED, odd)
        for product in PRODUCTS:
            store.publish(product, log, now=NOW)
        manifest = store.manifest("agent_decision_history")
        assert (manifest.rows, manifest.rejected) == (0, 2)
        assert manifest.quality.accuracy < 1


def test_timeliness_is_measured_again_when_it_is_read(store, log):
    decide(log)
    product = PRODUCTS["agent_decision_history"]
    manifest = store.publish(product.id, log, now=NOW)
    assert manifest.quality.timeliness == 1
    later = manifest.quality_at(product, datetime(2026, 3, 6, 12, tzinfo=UTC))
    assert later.timeliness == 0.5
    assert later.completeness == manifest.quality.completeness
