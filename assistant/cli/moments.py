"""Times as a person writes them: ``2026-11-20``, ``2026-11-20T09:30``, ``3d``.

Invariant: what names no zone is in the reader's; the result has one.
"""

import re
from datetime import UTC, datetime, timedelta

import click

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"([0-9]{1,6})([mhdw])")


def moment(value: str) -> datetime:
    """A time, or how long ago: minutes, hours, days or weeks as ``30m``, ``12h``, ``7d``, ``2w``."""
    ago = _AGO.fullmatch(value)
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(value).astimezone()
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(
            f"{value!r} is no time; write 2026-11-20, 2026-11-20T09:30, or 7d for seven days ago"
        ) from error


def moment_or_sequence(value: str) -> datetime | int:
    """A time, or the number of an event."""
    return int(value) if re.fullmatch("[0-9]+", value) else moment(value)
