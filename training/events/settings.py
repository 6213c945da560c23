"""Settings of the decision log: the ``[events]`` table."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Sync = Literal["always", "group", "never"]


class EventSettings(BaseModel):
    """Where decisions are recorded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    """A folder, ``tinydb:///folder``, or ``postgresql+psycopg://user@host:5432/database`` (with the extra
    ``postgres``; the password may be in ``~/.pgpass``); empty takes the log in the user's data folder.
    """
    redact_email: bool = False
    """Also take e-mail addresses out of what is recorded."""
    sync: Sync = "group"
    """When a record counts as written. ``group``: when it is on the disk, writers that wait for each other
    sharing one sync; ``always``: each has its own; ``never``: when the system has it, until a power cut.
    """
    segment_mb: int = Field(default=64, ge=1, le=4096)
    """At how many MB a segment of the log is sealed and the next one begun."""
