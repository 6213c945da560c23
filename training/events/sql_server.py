"""The connections to a PostgreSQL server, and its errors in one line each.

Invariant: work is a transaction: all of it or nothing, done once more where the connection was lost, which is
harmless because events are idempotent. No message holds a password.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection, Row, Select, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from training.events.base import EventLogError

T = TypeVar("T")

DRIVER = "postgresql+psycopg"
_CONNECTION = {
    "connect_timeout": 10,
    "client_encoding": "utf8",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A server that vanished without a word is given up after a minute."""
_GUARDS = text(
    """
    SELECT set_config('lock_timeout', :lock_ms, true),
        set_config('idle_in_transaction_session_timeout', :idle_ms, true),
        set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)
    """
)
"""No writer waits for ever, none that stopped in the middle keeps the others out, a commit is on the disk."""
_CONNECTIONS = 20
_LOCK_NOT_AVAILABLE = "55P03"


class Server:
    """Connects when it is needed. ``name`` is its URL for messages; ``notices`` are for the person."""

    def __init__(self, url: str, lock_timeout_s: float) -> None:
        parsed = _parsed(url)
        self._lock_timeout_s = lock_timeout_s
        self.name = _shown(parsed)
        self.notices: list[str] = []
        self._pid = os.getpid()
        self._engine = create_engine(
            parsed,
            pool_size=2,
            max_overflow=_CONNECTIONS - 2,
            pool_timeout=lock_timeout_s,
            connect_args=_CONNECTION,
        )

    def guard(self, connection: Connection) -> None:
        """Say, in a transaction that writes, how long it waits for others and may be silent itself."""
        lock_ms = int(self._lock_timeout_s * 1000)
        connection.execute(_GUARDS, {"lock_ms": str(lock_ms), "idle_ms": str(3 * lock_ms)})

    def run(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns, after its transaction was committed. Raises EventLogError."""
        if os.getpid() != self._pid:
            raise EventLogError(f"{self.name} was opened by another process; open the log again in this one")
        try:
            return self._once(work)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise EventLogError(self._said(error)) from error
        return self._again(work)

    def _again(self, work: Callable[[Connection], T]) -> T:
        try:
            done = self._once(work)
        except DBAPIError as error:
            raise EventLogError(self._said(error)) from error
        self.notices.append(f"the connection to {self.name} was lost and made anew; no event is lost")
        return done

    def fetch(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """All rows of a query."""
        return self.run(lambda connection: connection.execute(query).all())

    def close(self) -> None:
        self._engine.dispose()

    def _once(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except PoolTimeout as error:
            raise EventLogError(
                f"all {_CONNECTIONS} connections to {self.name} are in use; let fewer threads read at once"
            ) from error

    def _said(self, error: DBAPIError) -> str:
        said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no reason given"
        state = getattr(error.orig, "sqlstate", None)
        if state == _LOCK_NOT_AVAILABLE:
            return (
                f"another process has held {self.name} for {self._lock_timeout_s:g} s; see pg_stat_activity"
            )
        if isinstance(error.orig, psycopg.OperationalError) and (state is None or state[:2] in ("08", "57")):
            return f"{self.name} does not answer ({said}); see that the server runs, then try again"
        return f"{self.name}: {said}"


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise EventLogError(
            f"the log's URL cannot be read; write {DRIVER}://user@host:5432/database"
        ) from error
    return parsed.set(drivername=DRIVER)


def _shown(url: URL) -> str:
    """The URL without its password and options."""
    host = url.host or url.query.get("host", "")
    place = f"{host}:{url.port}" if url.port else f"{host}"
    return f"postgresql://{url.username + '@' if url.username else ''}{place}/{url.database or ''}"
