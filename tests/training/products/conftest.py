"""A log in memory and a store in a folder of the test's own."""

from pathlib import Path

import pytest

from tests.training.products.product_events import MemoryLog
from training.products.store import ProductStore


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def store(tmp_path: Path) -> ProductStore:
    return ProductStore(tmp_path / "products")
