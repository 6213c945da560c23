"""A hub on the loopback interface with one small model, and a store in a folder of the test's own."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.models.loopback_hub import LoopbackHub
from training.models.store import ModelStore

REPO, FILE = "maker/Tiny-GGUF", "tiny-q8_0.gguf"
NAME = f"{REPO}:{FILE}"
CONTENT = b"GGUF" + random.Random(7).randbytes(300_000)


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with LoopbackHub({NAME: CONTENT}) as started:
        monkeypatch.setenv("HF_ENDPOINT", started.url)
        yield started


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")
