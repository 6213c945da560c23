"""TinyDB over the journal: its queries work, its rewriting does not."""

import pytest
from tinydb import Query, TinyDB
from tinydb.table import Table

from training.events import EventLogError
from training.events.base import Event
from training.events.codec import to_document
from training.events.ids import new_event
from training.events.log import TinyEventLog


@pytest.fixture
def few(log, make) -> TinyEventLog:
    log.append_many(
        [make(number, "ab"[number % 2], data={"n": number, "tags": ["x"]}) for number in range(6)]
    )
    return log


def test_it_is_a_tinydb(few):
    assert isinstance(few.db, TinyDB) and isinstance(few.db.table("events"), Table)
    assert few.db.tables() == {"events"}


def test_queries_work_on_events(few):
    event = Query()
    assert [found.data["n"] for found in few.search(event.data.n > 3)] == [4, 5]
    assert [found.sequence for found in few.search((event.aggregate_id == "a") & (event.version == 2))] == [3]
    assert few.search(event.data.tags.any(["x"])) == list(few.read())
    assert all(isinstance(found, Event) for found in few.search(event.sequence == 1))
    assert few.db.count(event.aggregate_id == "b") == 3
    assert few.db.contains(event.data.n == 5) and not few.db.contains(event.data.n == 6)
    assert few.db.get(event.data.n == 2)["sequence"] == 3


def test_documents_are_found_by_sequence(few):
    assert few.db.get(doc_id=2)["data"]["n"] == 1
    assert few.db.get(doc_id=99) is None
    assert [document.doc_id for document in few.db.get(doc_ids=[1, 3])] == [1, 3]
    assert len(few.db) == 6
    assert [document.doc_id for document in few.db] == [1, 2, 3, 4, 5, 6]


def test_a_query_is_never_answered_from_an_old_result(few, folder, make):
    query = Query().aggregate_id == "a"
    assert len(few.search(query)) == 3
    other = TinyEventLog(folder)
    other.append(make(7, "a"))
    other.close()
    assert len(few.search(query)) == 4


def test_insert_appends(few):
    document = to_document(new_event("T", "c", "x", {"n": 9}))
    assert few.db.insert(document) == 7
    assert few.db.insert_multiple([to_document(new_event("T", "c", "x", {})) for _ in range(2)]) == [8, 9]
    assert [event.version for event in few.read(aggregate_id="c")] == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        lambda db: db.update({"event_type": "X"}),
        lambda db: db.update({"event_type": "X"}, Query().sequence == 1),
        lambda db: db.update_multiple([({"a": 1}, Query().sequence == 1)]),
        lambda db: db.upsert({"event_type": "X"}, Query().sequence == 1),
        lambda db: db.remove(Query().sequence == 1),
        lambda db: db.remove(doc_ids=[1]),
        lambda db: db.truncate(),
        lambda db: db.drop_table("events"),
        lambda db: db.drop_tables(),
        lambda db: db.storage.write({"events": {}}),
    ],
)
def test_events_are_immutable(few, change):
    before = list(few.read())
    with pytest.raises(EventLogError, match="events never change"):
        change(few.db)
    assert list(few.read()) == before


@pytest.mark.slow
def test_the_index_keeps_no_documents(log, make):
    import gc

    log.append_many([make(number, data={"text": "marker-of-this-test" * 50}) for number in range(20)])
    gc.collect()
    held = [
        thing
        for thing in gc.get_objects()
        if type(thing) is dict and "marker-of-this-test" in str(thing.get("text", ""))
    ]
    assert held == []
