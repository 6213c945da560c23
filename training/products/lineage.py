"""Where a product comes from and where it goes: products and event types up and down, rows to events.

Invariant: events and datasets are those that the rows in force were made of, as they were when published.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.products.catalogue import downstream, find_product
from training.products.store import ProductStore


@dataclass(frozen=True)
class Node:
    """A part of the tree. ``kind``: product, events, dataset, row, event, or a heading."""

    kind: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    children: tuple["Node", ...] = ()

    def to_dict(self) -> dict[str, Any]:
        children = [child.to_dict() for child in self.children]
        return {"kind": self.kind, "name": self.name, **self.facts, "children": children}


def lineage(
    store: ProductStore,
    product_id: str,
    filters: Mapping[str, Any] | None = None,
    *,
    limit: int = 0,
) -> Node:
    """The tree of a product; with ``limit``, so many rows that match, each with its events and datasets.

    Raises ProductError: no such product, or rows of one that is not published.
    """
    above = Node("from", "made from", children=_above(store, product_id))
    below = Node("for", "used by", children=_below(store, product_id))
    manifest = store.manifest(product_id)
    datasets = tuple(Node("dataset", name) for name in (manifest.datasets if manifest else ()))
    parts = [above, below]
    if datasets:
        parts.append(Node("datasets", "datasets", children=datasets))
    if limit:
        parts.append(Node("rows", "rows", children=_rows(store, product_id, filters, limit)))
    return Node("product", product_id, _facts(store, product_id), tuple(parts))


def _above(store: ProductStore, product_id: str) -> tuple[Node, ...]:
    product = find_product(product_id)
    inherited = {kind for upstream in product.upstream for kind in find_product(upstream).refresh.events}
    products = tuple(
        Node("product", upstream, _facts(store, upstream), _above(store, upstream))
        for upstream in product.upstream
    )
    events = tuple(Node("events", str(kind)) for kind in product.refresh.events if kind not in inherited)
    return products + events


def _below(store: ProductStore, product_id: str) -> tuple[Node, ...]:
    return tuple(
        Node("product", name, _facts(store, name), _below(store, name)) for name in downstream(product_id)
    )


def _facts(store: ProductStore, product_id: str) -> dict[str, Any]:
    manifest = store.manifest(product_id)
    if manifest is None:
        return {"version": None}
    return {"version": manifest.version, "rows": manifest.rows, "events": manifest.events}


def _rows(
    store: ProductStore, product_id: str, filters: Mapping[str, Any] | None, limit: int
) -> tuple[Node, ...]:
    published = store.open(product_id)
    found = []
    for position in published.positions(filters, limit=limit):
        row, sources = published.row(position), published.sources(position)
        name = row.get("event_id") or ", ".join(str(row.get(part)) for part in published.product.key)
        children = (
            *(Node("event", event) for event in sources["events"]),
            *(Node("dataset", dataset) for dataset in sources["datasets"]),
        )
        found.append(Node("row", name, {}, children))
    return tuple(found)
