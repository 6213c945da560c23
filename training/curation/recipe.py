"""What a curation is asked for, declared: which decisions, what is left out, how many stay, where it stops.

Invariant: a recipe is plain JSON, and all that the result depends on beside the decisions and the program.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training.curation.base import CurationError
from training.curation.clustering import Method
from training.curation.drift import Renames
from training.curation.embedding import STATIC
from training.curation.second_look import DOUBT, SURE
from training.products.base import ProductError
from training.products.filters import conditions

Share = Annotated[float, Field(ge=0, le=1)]


class Gates(BaseModel):
    """Where a curation stops and says why, rather than publish."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least_examples: int = Field(default=1, ge=1)
    """Right examples that are left in the end."""
    most_set_aside: Share = 0.5
    """Share of the decisions with a known right or wrong call that may hold secrets or not fit the tools."""
    most_reduction: Share = 1.0
    """Share that may be left out as duplicates."""


class Recipe(BaseModel):
    """``clusters`` 0 keeps all that are no duplicates; else so many with ``per_cluster`` examples each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: str = ""
    """ISO 8601 with its zone; empty for the beginning."""
    until: str = ""
    where: dict[str, Any] = Field(default_factory=dict)
    """Filters of decisions, as ``training.products.filters`` reads them."""
    renames: Renames = Field(default_factory=Renames)
    embedder: str = STATIC
    """``static``, ``letters``, ``minilm``, or a model of sentence-transformers."""
    threshold: float = Field(default=0.95, gt=0, le=1)
    """Cosine from which on a decision is a duplicate of another."""
    second: str = ""
    """What looks again where the first pass is in doubt: a model as in ``embedder``; empty for none."""
    second_threshold: float = Field(default=SURE, gt=0, le=1)
    """Cosine by the second look from which on a decision is a duplicate."""
    doubt: Share = DOUBT
    """Half the width of the band around ``threshold`` in which the second look decides."""
    floor: int = Field(default=5, ge=0)
    """Decisions of a rare tool that stay whatever they are like."""
    clusters: int = Field(default=0, ge=0)
    per_cluster: int = Field(default=5, ge=1)
    method: Method = "kmeans"
    top: int = Field(default=0, ge=0)
    """The best of all, so many, stay too, whatever cluster they are in: CaR's rule ``ranked``."""
    most_share: float = Field(default=0.5, gt=0, le=1)
    """Of all examples, those of one tool."""
    validation: Share = 0.1
    test: Share = 0.1
    keep: tuple[str, ...] = ()
    """Decisions, by their event, that stay in any case."""
    gates: Gates = Field(default_factory=Gates)
    seed: int = 0

    @model_validator(mode="after")
    def _fits(self) -> "Recipe":
        if self.validation + self.test >= 1:
            raise ValueError("validation and test leave nothing to learn from; give shares below 1 together")
        try:
            conditions(self.where)
        except ProductError as error:
            raise ValueError(str(error)) from None
        return self


def make_recipe(given: dict[str, Any]) -> Recipe:
    """Raises CurationError naming the setting that is wrong."""
    try:
        return Recipe.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        known = f"; known: {', '.join(Recipe.model_fields)}" if first["type"] == "extra_forbidden" else ""
        said = str(first["msg"]).removeprefix("Value error, ")
        raise CurationError(f"the recipe: {name + ': ' if name else ''}{said}{known}") from None


def read_recipe(path: Path) -> dict[str, Any]:
    """The settings of a TOML file. Raises CurationError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CurationError(f"the recipe {path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CurationError(f"the recipe {path} is no TOML: {error}") from None
