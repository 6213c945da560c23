"""The words that quality is judged by, read from the package's data once."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def quality_words() -> dict[str, Any]:
    """The tables of ``data/quality.toml``."""
    file = resources.files("training.generation") / "data" / "quality.toml"
    return tomllib.loads(file.read_text("utf-8"))
