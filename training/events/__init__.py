"""The event log: every decision, its outcome and its review, recorded before anything acts on it.

Invariant: opening a log is the only thing here that touches the disk; importing does not.
"""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from training.events.base import Event, EventLog, EventLogError, EventType, VersionConflict
from training.events.location import log_dir

if TYPE_CHECKING:
    from training.events.log import TinyEventLog

__all__ = ["Event", "EventLog", "EventLogError", "EventType", "VersionConflict", "folder_of", "open_log"]

_KNOWN = "a folder, or tinydb:///folder"


def open_log(
    url: str | Path | None = None, *, create: bool = True, redact_email: bool = False
) -> "TinyEventLog":
    """Open the log at ``url``: a folder, ``tinydb:///folder``, or the user's own where None or empty.

    With ``create`` false a log that is not there is an error. Raises EventLogError: an unknown scheme, no
    permission, a log that lost acknowledged events.
    """
    from training.events.log import TinyEventLog
    from training.events.redaction import redact, redact_with_email

    return TinyEventLog(folder_of(url), create=create, redactor=redact_with_email if redact_email else redact)


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
