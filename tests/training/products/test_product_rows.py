"""What the products are made of: their rows, and what each row was made from."""

import jsonschema
import pytest

from tests.training.products.product_events import NOON, complete, decide, go_on, record, review
from training.events.base import EventType
from training.events.decisions import rows
from training.events.views import LogView, last_sequence
from training.products.base import errors_of
from training.products.catalogue import PRODUCTS, downstream


@pytest.fixture
def built(log):
    """The rows of a product; every one fulfils its schema, as JSON Schema sees it too."""

    def of(name):
        product = PRODUCTS[name]
        found = list(product.build(LogView(log)))
        for one in found:
            assert errors_of(product.row, one.row) == {}
            jsonschema.validate(one.row, product.schema())
        return found

    return of


def test_the_six_products_are_declared_whole():
    assert list(PRODUCTS) == [
        "agent_decision_history",
        "distillation_training_data",
        "distilled_model_metrics",
        "optimization_history",
        "cost_analysis",
        "performance_benchmarks",
    ]
    for product in PRODUCTS.values():
        assert product.domain and product.owner and len(product.description) > 30
        assert product.refresh.events and product.refresh.max_age_s > 0
        jsonschema.Draft202012Validator.check_schema(product.schema())
        fields = set(product.row.model_fields)
        named = {*product.key, *product.essential, *product.indexed, product.timestamp}
        assert {name.partition(".")[0] for name in named} <= fields
        assert set(product.upstream) <= set(PRODUCTS)


def test_downstream_is_the_reverse_of_upstream():
    assert downstream("agent_decision_history") == (
        "distillation_training_data",
        "cost_analysis",
        "performance_benchmarks",
    )
    assert downstream("cost_analysis") == ()


def test_the_history_is_the_rows_of_the_log(log, built):
    first, second = decide(log, 1), decide(log, 2)
    complete(log, first)
    review(log, second, "refused")
    assert [one.row for one in built("agent_decision_history")] == list(rows(log))


def test_a_row_names_its_selection_outcome_and_reviews_in_their_order(log, built):
    selection = decide(log)
    followers = [complete(log, selection), review(log, selection, "refused"), review(log, selection, "good")]
    other = decide(log, 2)
    newest, oldest = built("agent_decision_history")
    assert newest.events == (other.event_id,)
    assert oldest.events == tuple(event.event_id for event in (selection, *followers))
    assert oldest.row["review"]["verdict"] == "good"


def test_events_after_the_view_was_taken_are_not_in_it(log):
    selection = decide(log)
    view = LogView(log, until=last_sequence(log))
    complete(log, selection)
    decide(log, 2)
    (one,) = PRODUCTS["agent_decision_history"].build(view)
    assert one.row["outcome"] is None
    assert one.events == (selection.event_id,)


class TestExamples:
    def one(self, built):
        (example,) = built("distillation_training_data")
        return example.row

    def test_a_correction_is_a_positive_and_rejects_what_was_chosen(self, log, built):
        review(log, decide(log), "corrected", "run_shell")
        example = self.one(built)
        assert (example["label"], example["source"]) == ("positive", "said")
        assert (example["target_tool"], example["target_parameters"]) == ("run_shell", {"path": "right.py"})
        assert (example["rejected_tool"], example["rejected_parameters"]) == ("read_file", {"path": "0.py"})

    @pytest.mark.parametrize("rating", ["good", "bad", "seen"])
    def test_a_rating_erases_no_correction(self, log, built, rating):
        selection = decide(log)
        review(log, selection, "corrected", "run_shell")
        review(log, selection, rating)
        example = self.one(built)
        assert (example["target_tool"], example["rejected_tool"]) == ("run_shell", "read_file")
        (row,) = (one.row for one in built("agent_decision_history"))
        assert (row["review"]["verdict"], row["review"]["corrected_tool"]) == ("corrected", "run_shell")
        (benchmark,) = (one.row for one in built("performance_benchmarks"))
        assert benchmark["score"] == 0

    def test_a_correction_to_what_was_chosen_takes_the_earlier_one_back(self, log, built):
        selection = decide(log, tool_parameters={"path": "right.py"})
        review(log, selection, "corrected", "run_shell")
        review(log, selection, "corrected", "read_file")
        example = self.one(built)
        assert (example["label"], example["target_tool"], example["rejected_tool"]) == (
            "positive",
            "read_file",
            None,
        )

    @pytest.mark.parametrize("verdict", ["refused", "bad"])
    def test_a_refusal_is_a_negative(self, log, built, verdict):
        selection = decide(log)
        complete(log, selection)
        review(log, selection, verdict)
        example = self.one(built)
        assert (example["label"], example["source"], example["target_tool"]) == ("negative", "said", None)
        assert example["rejected_tool"] == "read_file"

    def test_an_approval_is_said_before_the_call_runs_and_teaches_nothing_where_it_failed(self, log, built):
        selection = decide(log)
        complete(log, selection, success=False)
        review(log, selection, "approved")
        go_on(log)
        assert built("distillation_training_data") == []

    def test_what_was_taken_back_is_a_negative_until_it_is_brought_back(self, log, built):
        selection = decide(log, tool_selected="run_shell")
        complete(log, selection)
        review(log, selection, "approved")
        go_on(log)
        assert (self.one(built)["label"], self.one(built)["source"]) == ("positive", "survived")
        review(log, selection, "undone")
        assert (self.one(built)["label"], self.one(built)["source"]) == ("negative", "said")
        review(log, selection, "redone")
        assert (self.one(built)["label"], self.one(built)["source"]) == ("positive", "survived")

    def test_a_teacher_is_followed_where_nobody_reviewed(self, log, built):
        teacher = {"teacher_model": "t", "teacher_tool": "run_shell", "teacher_parameters": {}}
        complete(log, decide(log, teacher=teacher))
        example = self.one(built)
        assert (example["source"], example["target_tool"]) == ("taught", "run_shell")
        assert example["rejected_tool"] == "read_file"

    def test_a_teacher_who_agrees_rejects_nothing(self, log, built):
        teacher = {"teacher_tool": "read_file", "teacher_parameters": {"path": "0.py"}}
        decide(log, teacher=teacher)
        assert self.one(built)["rejected_tool"] is None

    def test_a_success_is_a_positive(self, log, built):
        complete(log, decide(log))
        assert built("distillation_training_data") == []
        go_on(log)
        assert (self.one(built)["source"], self.one(built)["strength"]) == ("survived", 0.5)

    def test_where_nothing_tells_right_from_wrong_there_is_no_example(self, log, built):
        decide(log)
        complete(log, decide(log, 2), success=False)
        complete(log, decide(log, 3), success=True)
        review(log, log.events[-2], "seen")
        go_on(log)
        assert len(built("distillation_training_data")) == 1

    def test_how_many_tokens_it_took_is_no_part_of_an_example(self, log, built):
        complete(log, decide(log, context={"request": "r", "usage": {"prompt_tokens": 3}}))
        go_on(log)
        example = self.one(built)
        assert (example["request"], example["context"]) == ("r", {"request": "r"})

    def test_a_curated_dataset_is_in_the_lineage_of_what_it_took(self, log, built):
        first, second = decide(log, 1), decide(log, 2)
        outcomes = [complete(log, first), complete(log, second)]
        go_on(log)
        curated = record(log, EventType.TRAINING_DATA_CURATED, dataset_id="d1", event_ids=[first.event_id])
        taken_not, taken = built("distillation_training_data")
        assert taken.datasets == ("d1",) and taken.row["datasets"] == ["d1"]
        assert taken.events == (first.event_id, outcomes[0].event_id, curated.event_id)
        assert taken_not.datasets == () and taken_not.row["datasets"] == []


class TestModels:
    def test_training_and_evaluation_are_a_row_each(self, log, built):
        trained = record(
            log,
            EventType.MODEL_TRAINED,
            model_id="m1",
            base="smollm2",
            dataset_id="d1",
            method="lora",
            train_loss=0.4,
            metrics={"steps": 10},
        )
        evaluated = record(
            log,
            EventType.MODEL_EVALUATED,
            model_id="m1",
            cases=50,
            tool_accuracy=0.9,
            call_accuracy=0.8,
            latency_ms={"p50": 70, "p95": 100, "p99": 120.5},
        )
        second, first = built("distilled_model_metrics")
        assert (first.row["kind"], first.row["train_loss"], first.row["metrics"]) == (
            "trained",
            0.4,
            {"steps": 10},
        )
        assert (first.events, first.datasets) == ((trained.event_id,), ("d1",))
        assert second.events == (evaluated.event_id,)
        assert [second.row[f"latency_{name}_ms"] for name in ("p50", "p95", "p99")] == [70, 100, 120.5]
        assert second.contradictions == ()

    def test_figures_that_cannot_be_true_together(self, log, built):
        record(log, EventType.MODEL_EVALUATED, tool_accuracy=0.5, call_accuracy=0.9)
        record(log, EventType.MODEL_EVALUATED, latency_ms={"p50": 9, "p95": 3})
        slow, inverted = built("distilled_model_metrics")
        assert "quantile" in slow.contradictions[0]
        assert "more calls" in inverted.contradictions[0]

    def test_the_aggregate_names_the_model_where_the_data_does_not(self, log, built):
        record(log, EventType.MODEL_TRAINED, aggregate="m7")
        (one,) = built("distilled_model_metrics")
        assert one.row["model_id"] == "m7"


def test_an_optimisation_has_its_gain(log, built):
    event = record(
        log,
        EventType.PROMPTS_OPTIMIZED,
        prompt_id="p",
        optimizer="gepa",
        dataset_id="d2",
        score_before=0.5,
        score_after=0.75,
        trials=8,
    )
    record(log, EventType.PROMPTS_OPTIMIZED, score_before=0.5, score_after=0.75, trials=0)
    contradictory, whole = built("optimization_history")
    assert whole.row["gain"] == 0.25
    assert (whole.events, whole.datasets, whole.contradictions) == ((event.event_id,), ("d2",), ())
    assert contradictory.contradictions == ("the score changed without a trial",)


class TestCosts:
    def test_decisions_are_summed_by_day_agent_category_and_model(self, log, built):
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "cost_usd": 0.01}
        for agent in ("coder", "coder", "tester"):
            complete(log, decide(log, agent=agent, context={"request": "r", "usage": usage}))
        tester, coder = (one.row for one in built("cost_analysis"))
        assert (coder["agent_id"], coder["activity"], coder["day"]) == ("coder", "decide", "2026-03-04")
        assert (coder["events"], coder["prompt_tokens"], coder["completion_tokens"]) == (2, 200, 20)
        assert coder["time_ms"] == 50
        assert coder["cost_usd"] == pytest.approx(0.02)
        assert tester["events"] == 1

    def test_what_was_not_recorded_is_null_and_not_zero(self, log, built):
        decide(log, latency_ms=None)
        (one,) = built("cost_analysis")
        assert [one.row[name] for name in ("prompt_tokens", "time_ms", "cost_usd")] == [None, None, None]

    def test_training_has_its_share(self, log, built):
        event = record(
            log, EventType.MODEL_TRAINED, model_id="m1", dataset_id="d1", duration_s=2, cost_usd=1.5
        )
        (one,) = built("cost_analysis")
        assert (one.row["activity"], one.row["model"]) == ("train", "m1")
        assert (one.row["time_ms"], one.row["cost_usd"]) == (2000, 1.5)
        assert (one.events, one.datasets) == ((event.event_id,), ("d1",))


def test_benchmarks_group_by_day_agent_category_tool_and_model(log, built):
    for number in range(4):
        complete(log, decide(log, number, latency_ms=number * 10.0), success=number > 0)
    decide(log, agent="tester")
    tester, coder = built("performance_benchmarks")
    assert (coder.row["agent_id"], coder.row["tool_selected"], coder.row["day"]) == (
        "coder",
        "read_file",
        NOON.date().isoformat(),
    )
    assert (coder.row["decisions"], coder.row["success_rate"], coder.row["score"]) == (4, 0.75, 0.75)
    assert (coder.row["latency_p50_ms"], coder.row["latency_p95_ms"]) == (10, 30)
    assert len(coder.events) == 8
    assert (tester.row["success_rate"], tester.row["unknown"]) == (None, 1)


BAD = [
    {"confidence": 1.01},
    {"confidence": True},
    {"timestamp": "yesterday"},
    {"timestamp": "2026-03-04T12:00:00"},
    {"tools_available": [{"name": "x"}, 3]},
    {"outcome": {"success": 1, "result": None, "execution_time_ms": None}},
    {"outcome": {"success": True}},
    {"event_id": ""},
    {"surprise": 1},
    {"latency_ms": -1},
    {"reasoning": None},
]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_rows_are_refused_just_where_the_json_schema_refuses_them(log, change):
    product = PRODUCTS["agent_decision_history"]
    complete(log, decide(log))
    (one,) = product.build(LogView(log))
    validator = jsonschema.Draft202012Validator(product.schema())
    assert validator.is_valid(one.row) and errors_of(product.row, one.row) == {}
    wrong = one.row | change
    assert not validator.is_valid(wrong)
    assert list(errors_of(product.row, wrong)) == list(change)
