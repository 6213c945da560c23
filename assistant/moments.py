"""Times as a person writes them: ``2026-11-20``, ``2026-11-20T09:30``, ``3d``, ago or from now.

Invariant: what names no zone is in the reader's; the result has one.
"""

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LENGTH = re.compile(r"([0-9]{1,6})([mhdw])")


def moment(value: str) -> datetime:
    """A time, or how long ago: minutes, hours, days or weeks as ``30m``, ``12h``, ``7d``, ``2w``.

    Raises ValueError with a line that says how to write it.
    """
    return _moment(value, -1, "7d for seven days ago")


def deadline(value: str) -> datetime:
    """A time to come, or in how long. Raises ValueError as ``moment``, and where it is over already."""
    at = _moment(value, 1, "7d for seven days from now")
    if at <= datetime.now(UTC):
        raise ValueError(f"{value!r} is over; write a time to come, such as 2h or 7d")
    return at


def _moment(value: str, sign: int, example: str) -> datetime:
    length = _LENGTH.fullmatch(value)
    try:
        if length:
            return datetime.now(UTC) + sign * timedelta(**{_UNITS[length[2]]: int(length[1])})
        return datetime.fromisoformat(value).astimezone()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{value!r} is no time; write 2026-11-20, 2026-11-20T09:30, or {example}") from error
