"""Queries: what matches, in which order, and that the index finds what a walk over all rows finds."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.products.product_events import MemoryLog, complete, decide
from training.products import ProductError, ProductStore
from training.products.base import field
from training.products.columns import Column
from training.products.filters import conditions, key_of

NAME = "agent_decision_history"
TOOLS = ["read_file", "run_shell", "run_tests"]


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Sixty decisions: tools in turn, confidence rising and sometimes unknown, every third done."""
    log = MemoryLog()
    for number in range(60):
        selection = decide(
            log,
            number,
            agent="coder" if number % 4 else "tester",
            tools_available=[{"name": tool} for tool in TOOLS],
            tool_selected=TOOLS[number % 3],
            confidence=None if number % 7 == 0 else number / 60,
            latency_ms=float(number % 5),
        )
        if number % 3 == 0:
            complete(log, selection, success=number % 2 == 0)
    store = ProductStore(tmp_path_factory.mktemp("products"))
    store.publish(NAME, log)
    return store.open(NAME)


def numbers(rows):
    return [int(row["context"]["request"].split()[1]) for row in rows]


def test_without_filters_everything_in_the_order_of_the_file(history):
    assert numbers(history.query()) == list(range(59, -1, -1))
    assert len(history) == 60


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"agent_id": "tester"}, lambda n: n % 4 == 0),
        ({"tool_selected": {"in": ["read_file", "run_tests", "nothing"]}}, lambda n: n % 3 != 1),
        ({"confidence": {"gte": 0.5}}, lambda n: n % 7 and n >= 30),
        ({"confidence": {"gt": 0.5}}, lambda n: n % 7 and n > 30),
        ({"confidence": {"lte": 0.5}}, lambda n: n % 7 and n <= 30),
        ({"confidence": {"lt": 0.5}}, lambda n: n % 7 and n < 30),
        ({"confidence": {"gte": 0.2, "lt": 0.5}}, lambda n: n % 7 and 12 <= n < 30),
        ({"confidence": None}, lambda n: n % 7 == 0),
        ({"confidence": 0.1}, lambda n: n == 6),
        ({"outcome.success": True}, lambda n: n % 6 == 0),
        ({"outcome.success": None}, lambda n: n % 3 != 0),
        ({"latency_ms": 2}, lambda n: n % 5 == 2),
        ({"latency_ms": {"in": [1, 3], "gt": 1}}, lambda n: n % 5 == 3),
        ({"context.request": "request 9"}, lambda n: n == 9),
        ({"tool_parameters.path": {"in": ["3.py", "4.py"]}}, lambda n: n in (3, 4)),
        (
            {"confidence": {"gte": 0.8}, "tool_selected": {"in": ["read_file"]}, "agent_id": "coder"},
            lambda n: n % 7 and n >= 48 and n % 3 == 0 and n % 4,
        ),
        ({"agent_id": "nobody"}, lambda n: False),
        ({"tool_selected": {"in": []}}, lambda n: False),
        ({"event_id": {"gte": "0"}}, lambda n: True),
        ({"context.nothing.at.all": None}, lambda n: True),
    ],
)
def test_filters(history, filters, holds):
    assert numbers(history.query(filters)) == [n for n in range(59, -1, -1) if holds(n)]


def test_kinds_are_not_compared_with_each_other(history):
    assert history.query({"confidence": {"gte": "0"}}) == []
    assert history.query({"agent_id": {"gte": 0}}) == []
    assert history.query({"outcome.success": 1}) == []
    assert history.query({"latency_ms": True}) == []


def test_order_and_limit(history):
    falling = history.query({"confidence": {"gte": 0.5}}, order="-confidence", limit=3)
    assert numbers(falling) == [59, 58, 57]
    rising = history.query({"confidence": {"gte": 0.5}}, order="confidence", limit=3)
    assert numbers(rising) == [30, 31, 32]
    assert history.query(limit=0) == []


def test_equal_values_stay_in_the_order_of_the_file_and_null_is_lowest(history):
    for order in ("tool_selected", "-tool_selected", "latency_ms", "-latency_ms"):
        rows = history.query(order=order)
        for one, next_one in pairwise(rows):
            name = order.lstrip("-")
            if one[name] == next_one[name]:
                assert numbers([one])[0] > numbers([next_one])[0]
    assert history.query(order="confidence")[0]["confidence"] is None
    assert history.query(order="-confidence")[-1]["confidence"] is None


def test_a_row_is_asked_for_with_what_it_was_made_of(history):
    (position,) = history.positions({"context.request": "request 6"})
    row, sources = history.row(position), history.sources(position)
    assert sources["events"][0] == row["event_id"]
    assert len(sources["events"]) == 2


@pytest.mark.parametrize(
    ("filters", "order", "limit", "says"),
    [
        ({"confidnce": {"gte": 1}}, None, None, "confidnce"),
        ({}, "-confidnce", None, "confidnce"),
        ({"confidence": {"above": 1}}, None, None, "above"),
        ({"confidence": {}}, None, None, "no operator"),
        ({"confidence": {"gte": 1, "gt": 1}}, None, None, "give one"),
        ({"confidence": {"gte": None}}, None, None, "number or a text"),
        ({"confidence": {"gte": [1]}}, None, None, "number or a text"),
        ({"confidence": {"gte": 1, "lte": "x"}}, None, None, "one kind"),
        ({"confidence": {"in": "abc"}}, None, None, "list"),
        ({"context": {"request": "r"}}, None, None, "with a dot"),
        ({}, None, -1, "limit"),
    ],
)
def test_a_filter_that_cannot_be_understood_is_refused(history, filters, order, limit, says):
    with pytest.raises(ProductError, match=says) as refused:
        history.query(filters, order=order, limit=limit)
    assert "\n" not in str(refused.value)


VALUES = st.sampled_from([None, "", "coder", "tester", 0, 0.1, 0.5, 1, 2, True, "read_file", "run_shell"])
BOUNDS = st.sampled_from([0, 0.1, 0.5, 2.5, "coder", "read_file", "z"])
FILTER = st.one_of(
    VALUES,
    st.builds(lambda values: {"in": values}, st.lists(VALUES, max_size=4)),
    st.builds(lambda bound: {"gte": bound}, BOUNDS),
    st.builds(lambda bound: {"lt": bound}, BOUNDS),
    st.builds(lambda bound, values: {"gt": bound, "in": values}, BOUNDS, st.lists(VALUES, max_size=4)),
)
FIELDS = st.sampled_from(
    ["agent_id", "tool_selected", "confidence", "outcome.success", "latency_ms", "context.request"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    filters=st.dictionaries(FIELDS, FILTER, max_size=3),
    order=st.one_of(st.none(), FIELDS, FIELDS.map(lambda name: f"-{name}")),
    limit=st.one_of(st.none(), st.integers(0, 61)),
)
@pytest.mark.slow
def test_every_plan_finds_what_a_walk_over_all_rows_finds(history, filters, order, limit):
    wanted = conditions(filters)
    walked = [
        row for row in history.query() if all(one.holds(key_of(field(row, one.field))) for one in wanted)
    ]
    if order is not None:
        name = order.removeprefix("-")
        walked.sort(key=lambda row: key_of(field(row, name)), reverse=order.startswith("-"))
    assert history.query(filters, order=order, limit=limit) == walked[:limit]


def test_a_column_keeps_the_rows_of_a_value_in_their_order():
    column = Column(["b", None, "a", "b", 3, True])
    assert [list(column.at(rank)) for rank in range(len(column.keys))] == [[1], [5], [4], [2], [0, 3]]
    assert list(column.rank_of) == [4, 0, 3, 4, 2, 1]


def test_columns_are_built_once_and_by_the_first_query_that_needs_them(tmp_path):
    log = MemoryLog()
    log.append(replace(decide(log), event_id="x"))
    store = ProductStore(tmp_path)
    store.publish(NAME, log)
    opened = store.open(NAME)
    opened.query(limit=1)
    assert not opened.index([])
    opened.query({"agent_id": "coder", "latency_ms": 3})
    built = opened.index([])["agent_id"]
    opened.query({"agent_id": "tester"}, order="-confidence")
    assert list(opened.index([])) == ["agent_id", "confidence"]
    assert opened.index([])["agent_id"] is built


def test_a_query_tells_which_fields_it_looks_up_and_indexing_how_far_it_is(history, monkeypatch):
    monkeypatch.setattr("training.products.published._STEP", 25)
    names = history.check({"category": "coding", "reasoning": "because"}, order="-session_id")
    assert names == ["category", "session_id"]
    told = []
    history.index(names, lambda done, total: told.append((done, total)))
    assert told == [(0, len(history)), (25, len(history)), (50, len(history))]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("outcome.sucess", "outcome has no field 'sucess'; it has: success, result, execution_time_ms"),
        ("review.verdict.x", "review.verdict has no field 'x'; it is no object"),
        ("confidence.x", "confidence has no field 'x'; it is no object"),
        ("nothing", "agent_decision_history has no field 'nothing'"),
    ],
)
def test_a_field_that_no_row_can_have_is_refused(history, name, says):
    for arguments in ({"filters": {name: 1}}, {"order": f"-{name}"}):
        with pytest.raises(ProductError, match=says):
            history.query(**arguments)


@pytest.mark.parametrize(
    "name", ["context.usage.prompt_tokens", "outcome.result.anything", "tool_parameters.a.b"]
)
def test_what_the_schema_leaves_open_may_have_any_name(history, name):
    assert history.query({name: "nobody has this"}) == []
