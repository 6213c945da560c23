"""The event log: every decision, its outcome and its review, recorded before anything acts on it.

Invariant: opening a log is the only thing here that touches the disk; importing does not.
"""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from training.events.base import Event, EventLog, EventLogError, EventType, VersionConflict
from training.events.location import log_dir

if TYPE_CHECKING:
    from training.events.incoming import Redactor
    from training.events.log import TinyEventLog
    from training.events.settings import Sync
    from training.events.sql import SqlEventLog

__all__ = ["Event", "EventLog", "EventLogError", "EventType", "VersionConflict", "folder_of", "open_log"]

_KNOWN = "a folder, tinydb:///folder, or postgresql+psycopg://user@host:5432/database"
_POSTGRES = ("postgresql+psycopg", "postgresql")


def open_log(
    url: str | Path | None = None,
    *,
    create: bool = True,
    redact_email: bool = False,
    redactor: "Redactor | None" = None,
    sync: "Sync" = "group",
    segment_mb: int = 64,
) -> "TinyEventLog | SqlEventLog":
    """Open the log at ``url``; the user's own folder where it is None or empty.

    ``url`` is a folder, ``tinydb:///folder``, or ``postgresql+psycopg://user@host:5432/database``.
    With ``create`` false a log that is not there is an error. ``redactor`` replaces the one of the log.
    ``sync`` and ``segment_mb`` are the settings of that name, for a folder.
    Raises EventLogError: an unknown scheme, no permission, a log that lost acknowledged events, no server.
    """
    from training.events.redaction import redact, redact_with_email

    redactor = redactor or (redact_with_email if redact_email else redact)
    if is_postgres(url):
        return _open_sql(str(url), create, redactor)
    from training.events.log import TinyEventLog

    return TinyEventLog(
        folder_of(url), create=create, redactor=redactor, sync=sync, segment_bytes=segment_mb << 20
    )


def is_postgres(url: str | Path | None) -> bool:
    """Whether ``url`` names a database and no folder."""
    return isinstance(url, str) and url.partition("://")[0] in _POSTGRES and "://" in url


def _open_sql(url: str, create: bool, redactor: "Redactor") -> "SqlEventLog":
    try:
        from training.events.sql import SqlEventLog
    except ImportError as error:
        missing = (error.name or "psycopg").partition(".")[0]
        if missing not in ("sqlalchemy", "psycopg"):
            raise
        from sandbox.packages import install_extra

        raise EventLogError(
            f"a log on PostgreSQL needs the package {missing}: {install_extra('postgres')}"
        ) from error
    return SqlEventLog(url, create=create, redactor=redactor)


def folder_of(url: str | Path | None) -> Path:
    """The folder that ``url`` names. Raises EventLogError where the scheme is unknown."""
    if not url:
        return log_dir()
    if isinstance(url, Path) or "://" not in url:
        return Path(url).expanduser().absolute()
    parts = urlsplit(url)
    if parts.scheme != "tinydb":
        raise EventLogError(f"the log's URL has the unknown scheme {parts.scheme}://; known: {_KNOWN}")
    if parts.netloc or len(parts.path) < 2:
        raise EventLogError(f"the log's URL {url} names no folder; write {_KNOWN}")
    return Path(unquote(parts.path))
