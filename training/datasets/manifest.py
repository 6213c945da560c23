"""What is known of a dataset: what it was made of and how, and what its files hold.

Invariant: ``id`` follows from the content of the files and from what they were made of; when it was made, by
which version and on which machine is told beside it and changes no id.
"""

from hashlib import sha256
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

TRAIN, VALIDATION, TEST = "train.jsonl", "validation.jsonl", "test.jsonl"
NEGATIVES, DROPPED = "negatives.jsonl", "dropped.jsonl"
SPLITS = (TRAIN, VALIDATION, TEST)
_ID = 16


class DatasetError(Exception):
    """A dataset cannot be made, found or read: one line, what, where, how to mend it."""


class FileFacts(BaseModel):
    """One file of a dataset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str
    lines: int


class Origin(BaseModel):
    """All that the content follows from, beside the program itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parents: tuple[str, ...] = ()
    """Ids of datasets that it was made from."""
    events: dict[str, Any] = Field(default_factory=dict)
    """Of the log: how many decisions, the first, the last, and a digest of them all."""
    configuration: dict[str, Any] = Field(default_factory=dict)
    seeds: dict[str, int] = Field(default_factory=dict)


class DatasetManifest(BaseModel):
    """``manifest.json``. ``stages``: what each step took and left; ``figures``: what the examples hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    created: str
    origin: Origin
    files: dict[str, FileFacts]
    stages: tuple[dict[str, Any], ...] = ()
    figures: dict[str, Any] = Field(default_factory=dict)
    code: dict[str, Any] = Field(default_factory=dict)
    """Versions of the program and of its libraries, and the commit."""

    @property
    def examples(self) -> int:
        """In all splits."""
        return sum(self.files[name].lines for name in SPLITS if name in self.files)


def dataset_id(origin: Origin, files: dict[str, FileFacts]) -> str:
    """The same for the same inputs and the same content."""
    content = {"origin": origin.model_dump(), "files": {name: one.sha256 for name, one in files.items()}}
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_ID]
