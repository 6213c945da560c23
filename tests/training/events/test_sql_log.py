"""The log on PostgreSQL beyond the contract: rows never change, damage is found, servers are told apart."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.training.children import run_child
from training.events import EventLogError, VersionConflict, open_log
from training.events.incoming import unredacted
from training.events.sql import SqlEventLog

pytestmark = pytest.mark.postgres

Sql = Callable[..., list[Any]]
DAMAGE = (
    "UPDATE events SET record = set_byte(record, 9, 48 + (get_byte(record, 9) + 1) % 10) WHERE sequence = 2"
)


@pytest.fixture
def sql_log(postgres_url: str) -> Iterator[SqlEventLog]:
    log = SqlEventLog(postgres_url, lock_timeout_s=0.3)
    yield log
    log.close()


@pytest.fixture
def sql(postgres_url: str) -> Iterator[Sql]:
    """Runs a statement as the server's administrator would, triggers and all."""
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")

    def run(statement: str, **values: Any) -> list[Any]:
        with engine.connect() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    yield run
    engine.dispose()


@pytest.fixture
def tamper(sql: Sql) -> Sql:
    """Runs a statement with the triggers switched off."""

    def run(statement: str, **values: Any) -> list[Any]:
        sql("ALTER TABLE events DISABLE TRIGGER USER")
        done = sql(statement, **values)
        sql("ALTER TABLE events ENABLE TRIGGER USER")
        return done

    return run


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET event_type = 'X'",
        "UPDATE events SET record = 'x'",
        "DELETE FROM events",
        "TRUNCATE events",
        "DELETE FROM events WHERE sequence = 2",
        "UPDATE events SET record = convert_to(',\"removed\":', 'UTF8') || record",
        "UPDATE events SET record = (SELECT record FROM events WHERE sequence = 2) WHERE sequence = 1",
    ],
)
def test_rows_never_change(sql_log, sql, make, statement):
    stored = sql_log.append_many([make(1), make(2)])
    with pytest.raises(Exception, match="events never change"):
        sql(statement)
    assert list(sql_log.read()) == stored


def test_only_what_stands_for_a_pruned_event_takes_the_place_of_its_record(sql_log, sql, make):
    """The columns stay, and a forged envelope is found by its proof."""
    from training.events.codec import decode, encode_removed

    sql_log.append_many([make(1, event_id="one"), make(2, event_id="two")])
    ((line,),) = sql("SELECT record FROM events WHERE sequence = 1")
    record = decode(line)
    assert record is not None
    envelope = encode_removed(record)[:-1]
    for more in (", event_type = 'X'", ", version = 9", ", correlation_id = 'x'", ", aggregate_id = 'z'"):
        with pytest.raises(Exception, match="events never change"):
            sql(f"UPDATE events SET record = :line{more} WHERE sequence = 1", line=envelope)
    with pytest.raises(Exception, match="events never change"):
        sql("UPDATE events SET record = :line WHERE sequence = 2", line=envelope)
    sql("UPDATE events SET record = :line WHERE sequence = 1", line=envelope.replace(b'"one"', b'"eno"'))
    assert [damage.describe() for damage in sql_log.verify().damages] == ["event 1: cannot be read"]
    sql("UPDATE events SET record = :line WHERE sequence = 1", line=envelope)
    assert sql_log.verify().damages == () and sql_log.get("one") is None
    assert sql("SELECT data FROM events WHERE sequence = 1") == [(None,)]


def test_a_log_of_format_1_is_read_and_written_and_learns_to_be_pruned(sql_log, sql, make, postgres_url):
    sql("DROP TABLE events_pruned")
    sql(
        "CREATE OR REPLACE FUNCTION events_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'never'; END $$"
    )
    sql("UPDATE events_head SET format = 1")
    log = open_log(postgres_url)
    stored = [log.append(make(number)) for number in range(3)]
    assert log.pruned() == [] and log.prune(max_bytes=1 << 20).events == 0
    assert sql("SELECT format FROM events_head") == [(1,)]
    assert log.prune(before=stored[1].timestamp).events == 1
    assert list(log.read()) == stored[1:] and log.verify().damages == ()
    assert sql("SELECT format FROM events_head") == [(2,)] and len(log.pruned()) == 1
    log.close()


def test_a_prune_that_fails_removes_nothing(sql_log, sql, make):
    stored = sql_log.append_many([make(number) for number in range(3)])
    sql("ALTER TABLE events_pruned ADD CHECK (entry = '')")
    with pytest.raises(EventLogError) as said:
        sql_log.prune(before="2100-01-01T00:00:00Z")
    assert "\n" not in str(said.value)
    assert list(sql_log.read()) == stored and sql_log.pruned() == []


def test_others_append_while_one_prunes(sql_log, sql, make, postgres_url):
    stored = sql_log.append_many([make(number) for number in range(3)])
    other = SqlEventLog(postgres_url, lock_timeout_s=5)

    def asked(event_id: str) -> bool:
        other.append(make(9))
        return event_id == stored[0].event_id

    assert sql_log.prune(types=["AGENT_TOOL_SELECTED"], keep_cited=asked).events == 2
    assert [event.sequence for event in other.read()] == [1, 4, 5, 6]
    assert other.verify().damages == ()
    other.close()


def test_a_whole_log_verifies(sql_log, make):
    assert sql_log.verify().events == 0
    sql_log.append(make(1))
    sql_log.append_many([make(2, "b"), make(3)])
    found = sql_log.verify()
    assert (found.events, found.damages, found.notices) == (3, (), ())


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (DAMAGE, "event 2: cannot be read"),
        ("UPDATE events SET event_type = 'X' WHERE sequence = 2", "event 2: its column event_type is not"),
        ("UPDATE events SET correlation_id = 'X' WHERE sequence = 4", "event 4: its column correlation_id"),
        ("DELETE FROM events WHERE sequence = 2", "event 2: was taken out"),
        ("DELETE FROM events WHERE sequence IN (2, 3)", "events 2 to 3: were taken out"),
        ("DELETE FROM events WHERE sequence = 1", "event 1: was taken out"),
        ("DELETE FROM events WHERE sequence = 4", "event 4: the last events were taken out"),
        ("DELETE FROM events", "events 1 to 4: the last events were taken out"),
        ("UPDATE events_head SET digest = 'x'", "no event: the last events were taken out or changed"),
    ],
)
def test_what_was_changed_behind_the_triggers_is_named(sql_log, tamper, make, statement, said):
    sql_log.append_many([make(number) for number in range(1, 5)])
    tamper(statement)
    (damage,) = sql_log.verify().damages
    assert damage.describe().startswith(said)


def test_an_event_written_anew_does_not_follow(sql_log, tamper, make, postgres_url):
    """A forger who makes a record that proves whole cannot make the next one follow from it."""
    from training.events.codec import FIRST_PREVIOUS, encode, payload, to_document

    stored = sql_log.append_many([make(1), make(2), make(3)])
    line, _ = encode(payload(to_document(replace(stored[0], data={"n": 99}))), FIRST_PREVIOUS, 0, 3)
    tamper("UPDATE events SET record = :line WHERE sequence = 1", line=line[:-1])
    (damage,) = sql_log.verify().damages
    assert damage.describe() == "event 2: does not follow from the event before it"


def test_a_damaged_row_is_left_out_and_said_once(sql_log, tamper, make):
    stored = sql_log.append_many([make(1), make(2), make(3)])
    tamper(DAMAGE)
    for _ in range(2):
        assert list(sql_log.read()) == [stored[0], stored[2]]
    assert sql_log.get(stored[1].event_id) is None
    assert [notice.split(": ")[-1] for notice in sql_log.notices] == [
        "event 2 cannot be read and is left out"
    ]
    with pytest.raises(EventLogError, match="damaged"):
        sql_log.append(stored[1])


def test_data_can_be_queried_in_sql(sql_log, sql, make):
    sql_log.append(make(data={"tool": "read_file", "nul": "a\0b\0\0", "text": "\\u0000", "n": 1.5}))
    ((data,),) = sql("SELECT data FROM events WHERE data ->> 'tool' = 'read_file'")
    assert data == {"tool": "read_file", "nul": "a�b��", "text": "\\u0000", "n": 1.5}


def test_numbers_come_back_exact(sql_log, make):
    numbers = [1e22, -0.0, 1e300, 5e-324, 1.0, 2**63 - 1, -(2**63), 0.1]
    sql_log.append(make(data={"numbers": numbers}))
    (event,) = sql_log.read()
    assert [repr(number) for number in event.data["numbers"]] == [repr(number) for number in numbers]


@pytest.mark.parametrize("name", ["event_id", "aggregate_id", "correlation_id", "causation_id", "event_type"])
def test_a_nul_in_a_name_is_refused_in_one_line(sql_log, make, name):
    with pytest.raises(EventLogError, match=f"event.{name} is .*no NUL"):
        sql_log.append(replace(make(), **{name: "a\0b"}))
    assert list(sql_log.read()) == []


def test_names_that_cannot_be_there_find_nothing(sql_log, make):
    sql_log.append(make())
    assert sql_log.get("a\0b") is None and sql_log.get("\ud800") is None
    for filters in ({"aggregate_id": "\0"}, {"correlation_id": "\0"}, {"event_type": "\0"}):
        assert list(sql_log.read(**filters)) == []


def test_an_id_that_no_index_holds_is_one_line(sql_log, make):
    import random

    with pytest.raises(EventLogError) as refused:
        sql_log.append(make(event_id="".join(random.Random(1).choices("abcdefghijklmnop", k=20_000))))
    assert "\n" not in str(refused.value)
    assert sql_log.append(make()).sequence == 1


def test_long_reads_go_page_by_page(sql_log, make):
    stored = sql_log.append_many([make(number, f"a{number % 3}") for number in range(250)])
    assert list(sql_log.read()) == stored
    assert list(sql_log.read(newest_first=True)) == stored[::-1]
    assert list(sql_log.read(after=40, limit=150)) == stored[40:190]
    assert list(sql_log.read(newest_first=True, after=40, limit=150)) == stored[:99:-1]
    assert list(sql_log.read(aggregate_id="a1", newest_first=True)) == stored[1::3][::-1]


def test_a_read_ends_where_the_log_ended_when_it_began(sql_log, make):
    sql_log.append_many([make(number) for number in range(3)])
    seen = []
    for event in sql_log.read():
        seen.append(event.sequence)
        sql_log.append(make())
    assert seen == [1, 2, 3]


def test_many_readers_hold_no_connection(sql_log, make):
    sql_log.append_many([make(number) for number in range(150)])
    readers = [sql_log.read() for _ in range(40)]
    assert [next(reader).sequence for reader in readers] == [1] * 40


def test_I13_writers_that_expect_a_version_take_turns(postgres_url, make):
    """Each of three logs adds 5 events to one aggregate, each time at the version that it read."""

    def add_five() -> None:
        log = open_log(postgres_url)
        done = 0
        while done < 5:
            at = max((event.version for event in log.read(aggregate_id="a")), default=0)
            try:
                log.append(make(), expected_version=at)
                done += 1
            except VersionConflict:
                continue
        log.close()

    threads = [threading.Thread(target=add_five) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = open_log(postgres_url, create=False)
    assert [(event.sequence, event.version) for event in log.read()] == [(n, n) for n in range(1, 16)]
    log.close()


def test_logs_opened_at_once_make_one_log(postgres_url, make):
    def use() -> None:
        log = open_log(postgres_url)
        log.append(make())
        log.close()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = open_log(postgres_url)
    assert [event.sequence for event in log.read()] == [1, 2, 3, 4]
    log.close()


def test_I6_a_writer_that_holds_the_lock_is_waited_for_and_then_said(sql_log, postgres_url, make):
    engine = create_engine(postgres_url)
    with engine.begin() as other:
        other.execute(text("SELECT * FROM events_head FOR UPDATE"))
        with pytest.raises(EventLogError, match=r"another process has held .* for 0.3 s"):
            sql_log.append(make())
    engine.dispose()
    assert sql_log.append(make()).sequence == 1


def test_a_commit_waits_for_the_disk_whatever_the_server_s_default(postgres_url, sql, make):
    own = make_url(postgres_url)
    lax = own.update_query_dict({"options": f"{own.query['options']} -csynchronous_commit=off"})
    log = SqlEventLog(lax.render_as_string(hide_password=False))
    sql("CREATE TABLE seen (setting text)")
    sql(
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$"
    )
    sql("CREATE TRIGGER see AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION see()")
    log.append(make())
    log.close()
    assert sql("SELECT setting FROM seen") == [("on",)]


def test_without_create_a_database_without_a_log_is_an_error(postgres_url, sql):
    with pytest.raises(EventLogError, match="no event log is in"):
        open_log(postgres_url, create=False)
    assert sql("SELECT to_regclass('events')") == [(None,)]


def test_I15_a_newer_format_is_said(sql_log, sql, postgres_url):
    sql("UPDATE events_head SET format = 3")
    with pytest.raises(EventLogError, match=r"format 3 of a newer version \(known: 2\); update"):
        open_log(postgres_url)


def test_I10_a_user_who_may_only_read(sql_log, sql, postgres_url, make):
    stored = sql_log.append(make())
    own = make_url(postgres_url)
    schema = own.query["options"].partition("=")[2]
    role = f"reader_{schema}"
    sql(f"CREATE ROLE {role} LOGIN")
    try:
        sql(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
        log = open_log(own.set(username=role).render_as_string(hide_password=False))
        assert list(log.read()) == [stored]
        for act in (lambda: log.append(make()), lambda: log.prune(max_bytes=0)):
            with pytest.raises(EventLogError, match="permission denied") as refused:
                act()
            assert "\n" not in str(refused.value)
        assert log.pruned() == []
        log.close()
    finally:
        sql(f"DROP OWNED BY {role}")
        sql(f"DROP ROLE {role}")


def test_a_database_that_cannot_hold_every_text_is_refused(sql, postgres_url):
    own = make_url(postgres_url)
    name = own.query["options"].partition("=")[2] + "_ascii"
    sql(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        with pytest.raises(EventLogError, match="not encoded in UTF8; make a database with"):
            open_log(own.set(database=name).render_as_string(hide_password=False))
    finally:
        sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_I5_a_forked_process_opens_its_own(sql_log, make):
    sql_log.append(make())
    reading, writing = os.pipe()

    def use() -> None:
        try:
            sql_log.append(make())
        except EventLogError as error:
            os.write(writing, str(error).encode())

    assert run_child(use) == 0
    assert b"opened by another process" in os.read(reading, 1000)
    os.close(reading)
    os.close(writing)
    assert sql_log.append(make()).sequence == 2


def test_I19_secrets_are_not_written_to_the_server(sql_log, sql, make):
    sql_log.append(make(data={"text": "token is ghp_" + "a1B2" * 9, "password": "hunter2"}))
    ((record, data),) = sql("SELECT convert_from(record, 'UTF8'), data::text FROM events")
    assert "ghp_" not in record + data and "hunter2" not in record + data
    assert json.loads(data)["redacted"] == {"github-token": 1, "password": 1}


def test_restore_keeps_numbers_and_gaps(sql_log, postgres_url, make):
    """Events of a log whose beginning was cleaned up keep their numbers, and the chain shows no hole."""
    old = [replace(make(n), sequence=n, version=n) for n in (5, 6, 9)]
    log = SqlEventLog(postgres_url, redactor=unredacted)
    assert log.restore(old) == old == log.restore(old)
    assert log.verify().damages == () and log.verify().events == 3
    assert (log.append(make()).sequence, log.append(make()).version) == (10, 11)
    with pytest.raises(EventLogError, match="holds another event 9"):
        log.restore([replace(make(), sequence=9, version=1)])
    log.close()


def test_I18_an_append_to_a_long_log_reads_no_more_than_to_a_short_one(postgres_url, sql, make):
    """Ids and versions are looked up by index: no append walks over the table."""
    log = open_log(postgres_url)
    for number in range(150):
        log.append(make(number, f"a{number}"))
    log.append_many([make(number, f"b{number}") for number in range(2000)])
    for number in range(10):
        log.append(make(number, f"c{number}"))
    log.close()
    deadline = time.monotonic() + 10
    inserted = read = 0
    while inserted < 2160 and time.monotonic() < deadline:
        schema = "relid = 'events'::regclass"
        ((inserted, read),) = sql(f"SELECT n_tup_ins, seq_tup_read FROM pg_stat_user_tables WHERE {schema}")
    assert inserted == 2160
    assert read < 2160


async def test_agents_log_to_a_server_and_another_process_reads_it(postgres_url):
    import subprocess
    import sys

    from training import AgentDecisionLogger, DecisionLoggerMixin

    class Agent(DecisionLoggerMixin):
        agent_id = "fraud_agent"
        decision_log = postgres_url

    await Agent().log_decision({"request": "look"}, ["check", "report"], "check", "it looked odd", 0.9)
    logger = AgentDecisionLogger(postgres_url)
    event = await logger.log_decision(
        "risk_agent", {}, ["rate"], "rate", outcome={"success": True}, review={"verdict": "good"}
    )
    code = (
        "import sys, json; from training import AgentDecisionLogger\n"
        "print(json.dumps(AgentDecisionLogger(sys.argv[1]).get_history()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, postgres_url], capture_output=True, text=True, check=True
    )
    rows = json.loads(done.stdout)
    assert rows == logger.get_history()
    assert [(row["agent_id"], row["tool_selected"]) for row in rows] == [
        ("fraud_agent", "check"),
        ("risk_agent", "rate"),
    ]
    assert rows[1]["event_id"] == event.event_id and rows[1]["outcome"]["success"] is True
    logger.close()
