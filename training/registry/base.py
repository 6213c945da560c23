"""What a student in the registry is: one artefact, known by what it is made of.

Invariant: an id follows from the sha256 of base, weights and prompt, the calling format and the quantisation.
The same parts are the same student; a part that changed is no part of it any more.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from tools.protocol.calls import FORMAT

MANIFEST = "student.json"
ADAPTER, MODEL, PROMPT, CARD, REPORT = "adapter.gguf", "model.gguf", "prompt.toml", "card.md", "report.json"
WEIGHTS = (ADAPTER, MODEL)

Gate = Literal["passed", "failed", "not enough to prove", "not run"]


class RegistryError(Exception):
    """The registry cannot do what was asked: one line, which student, what, how to mend it."""


class State(StrEnum):
    """Where a student stands: never served, serves, served before or never will."""

    CANDIDATE = "candidate"
    DEPLOYED = "deployed"
    RETIRED = "retired"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Base(_Record):
    """The model below the student. ``model`` is what the settings call it: an id, or the path of a GGUF."""

    model: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    name: str = ""
    license: str = ""


class Lineage(_Record):
    """Where the student came from; empty where it is not known. ``commit`` is that of the program, ``start``
    the SHA-256 of the adapter that was trained further, and what that is the mean of.
    """

    dataset_id: str = ""
    run_id: str = ""
    start: str = ""
    commit: str = ""
    seed: int | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class File(_Record):
    """What a file of the student has to be."""

    sha256: str
    bytes: int


class Manifest(_Record):
    """What is written of a student, once and for all. ``files`` are by name, all in the student's folder."""

    schema_version: Literal[1] = 1
    id: str
    name: str
    created: str
    base: Base
    quantisation: str = ""
    call_format: int
    files: dict[str, File]
    lineage: Lineage = Lineage()
    metrics: dict[str, Any] = Field(default_factory=dict)
    gate: Gate = "not run"


@dataclass(frozen=True)
class Parts:
    """What a student is made of, to be registered. ``adapter`` goes over the base, ``model`` is whole.

    ``quantisation`` is that of ``model``. ``beside`` are further files, such as its card, by their names.
    """

    name: str
    base: Base
    prompt: Path
    adapter: Path | None = None
    model: Path | None = None
    quantisation: str = ""
    beside: Mapping[str, Path] = field(default_factory=dict)
    lineage: Lineage = field(default_factory=Lineage)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    gate: Gate = "not run"
    call_format: int = FORMAT

    def files(self) -> dict[str, Path]:
        """By the names that they have in the registry."""
        given = {ADAPTER: self.adapter, MODEL: self.model, PROMPT: self.prompt, **self.beside}
        return {name: path for name, path in given.items() if path is not None}


@dataclass(frozen=True)
class Registered:
    """A student of the registry. ``shipped`` ones come with the program and cannot be removed."""

    manifest: Manifest
    folder: Path
    state: State
    shipped: bool = False

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def adapter(self) -> Path | None:
        """The adapter that goes over the base, or None."""
        return self._file(ADAPTER)

    @property
    def adapter_sha256(self) -> str:
        """Of the adapter; empty where there is none."""
        return self.manifest.files[ADAPTER].sha256 if ADAPTER in self.manifest.files else ""

    @property
    def model(self) -> Path | None:
        """The student's own weights, or None where it is a base with an adapter."""
        return self._file(MODEL)

    @property
    def prompt(self) -> Path:
        return self.folder / PROMPT

    def _file(self, name: str) -> Path | None:
        return self.folder / name if name in self.manifest.files else None


def student_id(base: Base, files: Mapping[str, File], quantisation: str, call_format: int) -> str:
    """Twelve hexadecimal digits."""
    parts = {
        "base": base.sha256,
        **{name: files[name].sha256 for name in (*WEIGHTS, PROMPT) if name in files},
        "quantisation": quantisation,
        "call_format": call_format,
    }
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
