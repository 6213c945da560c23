"""Settings of the loop: the ``[loop]`` table."""

from pydantic import BaseModel, ConfigDict, Field


class LoopSettings(BaseModel):
    """The bounds of one turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_steps: int = Field(default=12, ge=1, le=200)
    """Decisions of one turn; then the student has to answer."""
    max_seconds: float = Field(default=600.0, gt=0, le=86400)
    """Time of one turn, without the time that a confirmation waits."""
    max_tokens: int = Field(default=16384, ge=64, le=1 << 22)
    """Tokens that the student may write in one turn."""
    max_repeats: int = Field(default=2, ge=1, le=10)
    """The same call with the same arguments this often in a row ends the calling."""
