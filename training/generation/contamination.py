"""Keeps the requests of evaluation sets out of what is trained on.

Invariant: no request of an example equals one of the sets, nor is nearly equal to one; which sets they were
is kept by their digests.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from training.datasets.example import Example
from training.generation.base import GenerationError
from training.generation.near import NearTexts, normalised
from training.generation.tally import Rejection, Tally, last_request

NEAR = 0.8


class ContaminationFilter:
    """``sets`` are files of evaluation cases, or of examples: JSON lines with ``request`` or ``messages``."""

    def __init__(
        self, sets: Iterable[Path], near: float = NEAR, facts: Mapping[str, Any] | None = None
    ) -> None:
        self.tally = Tally(facts)
        self.sets: list[dict[str, Any]] = []
        self._requests = NearTexts(near)
        for path in sets:
            content = _content(path)
            requests = _requests(path, content)
            for request in requests:
                self._requests.add(request)
            digest = sha256(content).hexdigest()
            self.sets.append({"name": path.name, "sha256": digest, "requests": len(requests)})

    def check(self, example: Example) -> Rejection | None:
        """Why the example is left out, counted. Every request in it is compared."""
        rejection = self._found(example) if self.sets else None
        self.tally.take(last_request(example), rejection)
        return rejection

    def _found(self, example: Example) -> Rejection | None:
        for turn in example.messages:
            if turn.role == "user" and (found := self._requests.find(normalised(turn.text))):
                other, similarity = found
                return Rejection("evaluated", f"Jaccard similarity {similarity:.2f} to the case: {other}")
        return None

    def close(self) -> None:
        self._requests.close()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GenerationError(f"the evaluation set {path} cannot be read: {error.strerror}") from None


def _requests(path: Path, content: bytes) -> set[str]:
    found: set[str] = set()
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = orjson.loads(line)
            turns = case.get("messages") or [{"role": "user", "text": case["request"]}]
            texts = [turn.get("text") or turn.get("content") for turn in turns if turn["role"] == "user"]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise GenerationError(
                f"{path}, line {number}: no evaluation case; write an object with request or messages"
            ) from None
        found |= {normalised(text) for text in texts if isinstance(text, str)}
    return found
