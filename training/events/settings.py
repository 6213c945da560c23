"""Settings of the decision log: the ``[events]`` table."""

from pydantic import BaseModel, ConfigDict


class EventSettings(BaseModel):
    """Where decisions are recorded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    """A folder, or ``tinydb:///folder``; empty takes the log in the user's data folder."""
    redact_email: bool = False
    """Also take e-mail addresses out of what is recorded."""
