"""Times on the command line: those of ``assistant.moments``, and the numbers of events.

Invariant: what is no time is wrong usage.
"""

import re
from datetime import datetime

import click

from assistant import moments


def moment(value: str) -> datetime:
    """A time, or how long ago, such as ``7d``."""
    try:
        return moments.moment(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def moment_or_sequence(value: str) -> datetime | int:
    """A time, or the number of an event."""
    return int(value) if re.fullmatch("[0-9]+", value) else moment(value)
