"""Settings of snapshots: the ``[snapshots]`` table."""

from pydantic import BaseModel, ConfigDict, Field


class SnapshotSettings(BaseModel):
    """What is kept of the workspace before the first change of each turn, for /undo, /rewind and /diff."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    """Without snapshots there is no /undo."""
    ignored: bool = False
    """Also keep files that git ignores: builds, dependencies, and often secrets."""
    file_mb: int = Field(default=16, ge=1, le=1024)
    """Larger files are left out, and said."""
    files: int = Field(default=200_000, ge=1, le=10_000_000)
    """Files beyond this many are left out, and said."""
    total_mb: int = Field(default=2048, ge=1, le=1 << 20)
    """Files beyond this much in all are left out, and said."""
    keep: int = Field(default=500, ge=10, le=100_000)
    """Snapshots kept of a workspace, two for each turn that changes something; then the oldest leave."""
