"""The tables of a log on PostgreSQL.

Invariant: ``events.record`` is the very line that a log on one machine stores, so events come back exact and
their chain can be proved; the columns beside it exist to be searched. ``data`` is computed by the server
from the record (a NUL, which JSONB cannot hold, as U+FFFD). Rows are inserted only: triggers refuse the rest,
but that a record is replaced by what stands for a pruned event, which keeps its hash and its columns.
``events_pruned`` holds a line of JSON per prune: when, by which rule, what.
``events_head`` is one row: the last sequence and its digest. Whoever writes holds its lock, so sequences are
given in the order of commits.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from training.events.base import EventLogError
from training.events.codec import FIRST_PREVIOUS

FORMAT = 2

_BUILDING = 0x6170707265
"""The key of the advisory lock under which the tables are made: one process makes them, others wait."""

metadata = MetaData()
_word = Text(collation="C")

events = Table(
    "events",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", _word, nullable=False, unique=True),
    Column("event_type", _word, nullable=False),
    Column("aggregate_id", _word, nullable=False),
    Column("aggregate_type", _word, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("timestamp", _word, nullable=False, index=True),
    Column("causation_id", _word),
    Column("correlation_id", _word),
    Column("record", LargeBinary, nullable=False),
    Column("data", JSONB, Computed("events_data(record)", persisted=True)),
    UniqueConstraint("aggregate_id", "version"),
    Index("ix_events_type", "event_type", "sequence"),
    Index("ix_events_correlation", "correlation_id", "sequence"),
)

head = Table(
    "events_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("format", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

pruned = Table(
    "events_pruned",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry", Text, nullable=False),
)

_DATA = r"""
    CREATE FUNCTION events_data(record bytea) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(convert_from(record, 'UTF8'), '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd', 'g')::jsonb
        -> 'event' -> 'data' $$
    """
"""Immutable because the database's encoding, which ``prepare`` checks, never changes."""

_REFUSE = """
    CREATE OR REPLACE FUNCTION events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND substr(NEW.record, 1, 41) = substr(OLD.record, 1, 41)
            AND position(convert_to(',"removed":', 'UTF8') IN NEW.record) > 0
            AND events_data(NEW.record) IS NULL
            AND (NEW.sequence, NEW.event_id, NEW.event_type, NEW.aggregate_id, NEW.aggregate_type,
                NEW.version, NEW.timestamp, NEW.causation_id, NEW.correlation_id) IS NOT DISTINCT FROM
                (OLD.sequence, OLD.event_id, OLD.event_type, OLD.aggregate_id, OLD.aggregate_type,
                OLD.version, OLD.timestamp, OLD.causation_id, OLD.correlation_id)
        THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'events never change and are never removed; append a new event instead';
    END $$
    """
"""The first 41 bytes of a record are its hash; ``verify`` proves what stands for a pruned event."""

_TRIGGERS = (
    _REFUSE,
    """
    CREATE TRIGGER events_never_change BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_refuse()
    """,
    """
    CREATE TRIGGER events_never_vanish BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_refuse()
    """,
)


def prepare(connection: Connection, name: str, create: bool) -> None:
    """Make the tables where there are none and ``create``; check those that are there.

    Raises EventLogError: no log there, a newer format, a database that cannot hold every text.
    """
    if not connection.execute(text("SELECT getdatabaseencoding() = 'UTF8'")).scalar_one():
        raise EventLogError(f"{name} is not encoded in UTF8; make a database with ENCODING 'UTF8'")
    if not _there(connection):
        if not create:
            raise EventLogError(f"no event log is in {name}; name the database of one")
        connection.execute(select(func.pg_advisory_xact_lock(_BUILDING)))
        if not _there(connection):
            _build(connection)
    found = connection.execute(select(head.c.format)).scalar_one()
    if found > FORMAT:
        raise EventLogError(
            f"{name} has format {found} of a newer version (known: {FORMAT}); update this program"
        )


def allow_pruning(connection: Connection) -> None:
    """What a log of format 1, which could not be pruned, lacks for it. Needs the owner of the tables."""
    if connection.execute(select(head.c.format)).scalar_one() < 2:
        pruned.create(connection)
        connection.exec_driver_sql(_REFUSE)
        connection.execute(update(head).values(format=2))


def _there(connection: Connection) -> bool:
    found = "SELECT 1 FROM pg_tables WHERE tablename = :name AND schemaname = ANY(current_schemas(false))"
    return connection.execute(text(found), {"name": head.name}).first() is not None


def _build(connection: Connection) -> None:
    connection.exec_driver_sql(_DATA)
    metadata.create_all(connection, checkfirst=False)
    for statement in _TRIGGERS:
        connection.exec_driver_sql(statement)
    connection.execute(insert(head).values(id=1, format=FORMAT, sequence=0, digest=FIRST_PREVIOUS))
