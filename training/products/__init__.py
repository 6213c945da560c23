"""Data products: named, documented, quality-measured views over the event log.

    publish("agent_decision_history")
    query("agent_decision_history", {"confidence": {"gte": 0.8}, "agent_id": "coder"}, order="-timestamp")

Invariant: importing opens nothing; a query sees one version, whole.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from training.events import EventLog, open_log
from training.events.location import data_dir
from training.products.base import Product, ProductError
from training.products.catalogue import PRODUCTS, find_product
from training.products.manifest import Manifest
from training.products.quality import Quality
from training.products.store import ProductStore

__all__ = [
    "PRODUCTS",
    "Manifest",
    "Product",
    "ProductError",
    "ProductStore",
    "Quality",
    "find_product",
    "publish",
    "query",
]


def publish(product: str, log: EventLog | str | Path | None = None) -> Manifest:
    """Build and publish a product from ``log``: an open one, its URL, or None for the user's own."""
    if log is not None and not isinstance(log, str | Path):
        return _store(data_dir()).publish(product, log)
    opened = open_log(log)
    try:
        return _store(data_dir()).publish(product, opened)
    finally:
        opened.close()


def query(
    product: str,
    filters: Mapping[str, Any] | None = None,
    *,
    order: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Rows of the version in force, as ``training.products.published.Published.query`` gives them."""
    return _store(data_dir()).open(product).query(filters, order=order, limit=limit)


@lru_cache(maxsize=4)
def _store(folder: Path) -> ProductStore:
    """The store in a data folder, kept with what it has opened."""
    return ProductStore(folder / "products")
