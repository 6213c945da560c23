"""Times as a person writes them: ``2026-11-20``, ``2026-11-20T09:30``, ``3d``.

Invariant: what names no zone is in the reader's; the result has one.
"""

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"([0-9]{1,6})([mhdw])")


def moment(value: str) -> datetime:
    """A time, or how long ago: minutes, hours, days or weeks as ``30m``, ``12h``, ``7d``, ``2w``.

    Raises ValueError with a line that says how to write it.
    """
    ago = _AGO.fullmatch(value)
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(value).astimezone()
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{value!r} is no time; write 2026-11-20, 2026-11-20T09:30, or 7d for seven days ago"
        ) from error
