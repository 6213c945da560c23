"""The catalogue of models, and what a person may name on the hub besides it.

Invariant: what a name stands for is checked before anything is asked of the network, and no name leads out
of the folder in which models are kept.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field

from training.models.base import ModelError

EMBEDDED = "embedded"
_HUB_FILE = re.compile(r"([\w-][\w.-]*/[\w-][\w.-]*):((?:[\w-][\w.-]*/)*[\w-][\w.-]*\.gguf)", re.IGNORECASE)
_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)


class Source(BaseModel):
    """One GGUF file of a repository of the hub.

    Empty texts and zeros are not known yet: the hub is asked at the first pull, and what it answers is
    kept with the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    base: str = ""
    """The model that the file was made from, as ``owner/name`` on the hub."""
    repo: str = ""
    file: str
    revision: str = ""
    sha256: str = Field(default="", pattern="^([0-9a-f]{64})?$")
    bytes: int = Field(default=0, ge=0)
    license: str = ""
    quantization: str = ""
    context_tokens: int = Field(default=0, ge=0)
    """The longest context that the model was trained with."""
    kv_bytes_per_token: int = Field(default=0, ge=0)
    note: str = ""
    recommended: bool = False
    """Whether it is worth recommending as the next larger student, where it fits."""

    def memory_bytes(self, context_tokens: int) -> int:
        """About what it takes to run with that context, or with the model's own where that is smaller."""
        return self.bytes + self.kv_bytes_per_token * min(context_tokens, self.context_tokens)


@cache
def catalogue() -> Mapping[str, Source]:
    """Every model of the catalogue by its id, the embedded one first."""
    text = (resources.files("training.models") / "catalogue.toml").read_text("utf-8")
    models = (Source.model_validate(entry) for entry in tomllib.loads(text)["model"])
    return {model.id: model for model in models}


def find_source(name: str) -> Source:
    """What can be pulled under ``name``: an id of the catalogue, or ``owner/repo:file.gguf``.

    Raises ModelError.
    """
    known = catalogue().get(name)
    if known is not None:
        if not known.repo:
            raise ModelError(f"{name} comes with the program and needs no pull")
        return known
    match = _HUB_FILE.fullmatch(name.removeprefix("hf:"))
    if match is None:
        raise ModelError(
            f"{name!r} is no model to pull: give an id that `apprentice models list` shows, "
            "or a file of the hub as owner/repo:file.gguf"
        )
    repo, file = match.groups()
    if _PART.search(file):
        raise ModelError(f"{file} is one part of several; pull a model that is one file")
    stem = file.rpartition("/")[2][: -len(".gguf")]
    return Source(id=stem.lower(), name=stem, repo=repo, file=file)
