"""Exports: what is written is what was asked for, whole or not at all."""

import csv
import io
import json
import re
import sys

import pytest

from sandbox.packages import install_extra
from tests.training.products.product_events import NOON, complete, decide, record
from training.events.base import EventType
from training.products import ProductError
from training.products.export import export

NAME = "agent_decision_history"


@pytest.fixture
def published(store, log):
    complete(log, decide(log, 1, confidence=0.9, reasoning='said "so", twice\nand more'))
    decide(log, 2, confidence=None, reasoning="ünï")
    store.publish(NAME, log, now=NOON)
    return store.open(NAME)


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_json_lines_are_the_rows(published, tmp_path):
    assert export(published, tmp_path / "x.jsonl", "jsonl") == 2
    lines = (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == published.query()


def test_json_lines_are_the_bytes_that_were_published(published, tmp_path):
    export(published, tmp_path / "x.jsonl", "jsonl")
    (rows,) = tmp_path.glob(f"**/{NAME}/versions/*/rows.jsonl")
    assert (tmp_path / "x.jsonl").read_bytes() == rows.read_bytes()


@pytest.mark.slow
def test_who_stops_an_export_by_its_progress_leaves_no_file(store, log, tmp_path, monkeypatch):
    class Enough(Exception):
        pass

    def stop(done: int) -> None:
        raise Enough

    monkeypatch.setattr("training.products.export._STEP", 1)
    decide(log)
    store.publish(NAME, log)
    for kind in ("jsonl", "csv", "parquet"):
        with pytest.raises(Enough):
            export(store.open(NAME), tmp_path / f"x.{kind}", kind, progress=stop)
    assert not list(tmp_path.glob("*x.*"))


def test_csv_has_a_column_per_field_and_nested_values_as_json(published, tmp_path):
    assert export(published, tmp_path / "x.csv", "csv") == 2
    second, first = read_csv(tmp_path / "x.csv")
    assert list(first) == list(published.product.row.model_fields)
    assert json.loads(first["context"]) == {"request": "request 1"}
    assert json.loads(first["outcome"])["success"] is True
    assert (first["confidence"], second["confidence"], second["outcome"]) == ("0.9", "", "")
    assert first["reasoning"] == 'said "so", twice\nand more'
    assert second["reasoning"] == "ünï"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "=cmd|' /C calc'!A0"]
)
def test_a_csv_text_is_no_formula(store, log, tmp_path, text):
    decide(log, reasoning=text, latency_ms=3.0)
    store.publish(NAME, log)
    export(store.open(NAME), tmp_path / "x.csv", "csv")
    (row,) = read_csv(tmp_path / "x.csv")
    assert row["reasoning"] == f"'{text}"
    assert row["latency_ms"] == "3.0"


@pytest.mark.parametrize("text", ["a=1", "read -1", "'", "1", ""])
def test_other_csv_texts_are_left_as_they_are(store, log, tmp_path, text):
    decide(log, reasoning=text)
    store.publish(NAME, log)
    export(store.open(NAME), tmp_path / "x.csv", "csv")
    assert read_csv(tmp_path / "x.csv")[0]["reasoning"] == text


def test_numbers_below_zero_stay_numbers(store, log, tmp_path):
    record(log, EventType.PROMPTS_OPTIMIZED, prompt_id="p", score_before=0.5, score_after=0.25)
    store.publish("optimization_history", log)
    export(store.open("optimization_history"), tmp_path / "x.csv", "csv")
    assert read_csv(tmp_path / "x.csv")[0]["gain"] == "-0.25"


def test_parquet_has_types_and_says_what_it_is(published, tmp_path):
    from pyarrow import parquet

    assert export(published, tmp_path / "x.parquet", "parquet") == 2
    table = parquet.read_table(tmp_path / "x.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    assert (kinds["confidence"], kinds["timestamp"], kinds["context"]) == ("double", "string", "string")
    second, first = table.to_pylist()
    assert (first["confidence"], second["confidence"]) == (0.9, None)
    assert json.loads(first["outcome"])["success"] is True
    assert table.schema.metadata[b"product"] == NAME.encode()
    assert table.schema.metadata[b"version"] == published.manifest.version.encode()


def test_parquet_of_counts_and_of_nothing(store, log, tmp_path):
    from pyarrow import parquet

    decide(log)
    for name in ("performance_benchmarks", "optimization_history"):
        store.publish(name, log)
        export(store.open(name), tmp_path / f"{name}.parquet", "parquet")
    table = parquet.read_table(tmp_path / "performance_benchmarks.parquet")
    assert str(table.schema.field("decisions").type) == "int64"
    assert str(table.schema.field("prompt_tokens").type) == "int64"
    assert parquet.read_table(tmp_path / "optimization_history.parquet").num_rows == 0


def test_a_number_that_parquet_does_not_hold_is_one_clear_line(store, log, tmp_path):
    record(log, EventType.MODEL_EVALUATED, model_id="m", cases=2**63)
    store.publish("distilled_model_metrics", log)
    with pytest.raises(ProductError, match="does not fit into Parquet") as refused:
        export(store.open("distilled_model_metrics"), tmp_path / "x.parquet", "parquet")
    assert "\n" not in str(refused.value) and not list(tmp_path.glob("*x.parquet*"))


def test_without_pyarrow_parquet_is_one_clear_line(published, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ProductError, match=re.escape(install_extra("parquet"))):
        export(published, tmp_path / "x.parquet", "parquet")
    assert list(tmp_path.glob("*.parquet*")) == list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_what_is_exported_may_be_filtered_ordered_and_cut(published, tmp_path, kind):
    target = tmp_path / "x"
    assert export(published, target, kind, {"confidence": {"gte": 0.5}}) == 1
    assert export(published, target, kind, order="event_id", limit=1) == 1
    assert export(published, target, kind, {"agent_id": "nobody"}) == 0


def test_progress_is_told_along_the_rows(store, log, tmp_path, monkeypatch):
    monkeypatch.setattr("training.products.export._STEP", 2)
    for number in range(5):
        decide(log, number)
    store.publish(NAME, log)
    told = []
    export(store.open(NAME), tmp_path / "x.csv", "csv", progress=told.append)
    assert told == [2, 4]
    assert len(read_csv(tmp_path / "x.csv")) == 5


def test_an_open_stream_is_written_to(published):
    stream = io.BytesIO()
    assert export(published, stream, "jsonl", limit=1) == 1
    assert stream.getvalue().endswith(b"\n")


def test_a_failing_export_leaves_the_old_file(published, tmp_path):
    target = tmp_path / "x.csv"
    target.write_text("old")
    with pytest.raises(ProductError):
        export(published, target, "csv", {"nothing": 1})
    with pytest.raises(ProductError, match="csv, parquet"):
        export(published, target, "xlsx")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["x.csv"]


def test_a_folder_that_is_not_there_is_said(published, tmp_path):
    with pytest.raises(ProductError, match=r"cannot be written: No such file"):
        export(published, tmp_path / "nowhere" / "x.csv", "csv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ProductError, match="cannot be written"):
        export(published, tmp_path / "folder", "csv")
