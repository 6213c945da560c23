"""Settings of the sandbox: the ``[sandbox]`` table."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.base import Limits
from sandbox.egress.addresses import domain

_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]{0,254}")


class SandboxSettings(BaseModel):
    """Which back end runs the calls, and what a call may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["auto", "docker", "bubblewrap", "off"] = "auto"
    """``auto`` takes the first whose canary proves it: bubblewrap, then docker."""
    image: str = "apprentice-sandbox"
    """Docker image, made with ``python -m sandbox.image build``, or ``import`` where there is no registry."""
    network: tuple[str, ...] = ()
    """Domains that calls may reach, such as ``github.com`` and ``*.githubusercontent.com``, or those of a
    package index for installs, by a proxy that checks every connection; by default none. Where it is set, it
    binds ``fetch_url`` as well."""
    wall_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Longest time one call may take."""
    cpu_seconds: int = Field(default=60, gt=0, le=3600)
    """CPU time of each process of a call."""
    memory_mb: int = Field(default=1024, ge=32, le=1 << 20)
    """Memory of a call."""
    processes: int = Field(default=128, ge=4, le=4096)
    """Processes of a call."""
    file_mb: int = Field(default=256, ge=1, le=1 << 20)
    """Largest file a call may write."""
    disk_mb: int = Field(default=2048, ge=1, le=1 << 20)
    """All that a call may write to the workspace's disk."""
    output_kb: int = Field(default=64, ge=1, le=1 << 14)
    """Output kept of a call: head and tail."""

    @field_validator("image")
    @classmethod
    def _image(cls, name: str) -> str:
        if not _IMAGE.fullmatch(name) or ".." in name:
            raise ValueError(
                "give the name of an image, such as apprentice-sandbox or registry.example/name:tag"
            )
        return name

    @field_validator("network")
    @classmethod
    def _domains(cls, listed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(domain, listed))

    def limits(self) -> Limits:
        """The limits of one call in the units of the contract."""
        return Limits(
            wall_s=self.wall_seconds,
            cpu_s=self.cpu_seconds,
            memory_bytes=self.memory_mb << 20,
            processes=self.processes,
            file_bytes=self.file_mb << 20,
            disk_bytes=self.disk_mb << 20,
            output_bytes=self.output_kb << 10,
        )
