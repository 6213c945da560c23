"""Data products as cells and text. Pure, but for what ``product_text`` reads.

Invariant: names from datasets and events are made inert here.
"""

from collections import Counter
from datetime import UTC, datetime

from assistant.cli.data_text import FIGURES, share, tree_text
from assistant.cli.decision_tables import local_time
from assistant.text_safety import clean_line
from assistant.tui.formatting import count
from assistant.tui.widgets.row_table import Column, TableRow
from training.events.base import EventLog
from training.products import Manifest, Product, ProductStore, find_product
from training.products.lineage import lineage

COLUMNS = (
    Column("PRODUCT", 26),
    Column("ROWS", 5, right=True),
    *(Column(name, 5, right=True) for name in ("COMPL", "ACCUR", "TIMEL", "CONSI", "UNIQU")),
    Column("STATE"),
)
FRESH = "fresh"
_POOR = 0.9


def product_row(product: Product, manifest: Manifest | None, stale: bool, now: datetime) -> TableRow:
    """One line of the table: how many rows, how good as of ``now``, whether the log holds newer events."""
    if manifest is None:
        cells = (product.id, *("-" for _ in range(len(COLUMNS) - 2)), "none")
        return TableRow(product.id, cells, tuple((place, "muted") for place in range(1, len(COLUMNS))))
    quality = manifest.quality_at(product, now)
    figures = [getattr(quality, name) for name in FIGURES]
    tones = [
        (place, "bad" if figure < _POOR else "good")
        for place, figure in enumerate(figures, 2)
        if figure is not None
    ]
    cells = (
        product.id,
        count(manifest.rows),
        *(share(figure) for figure in figures),
        "stale" if stale else FRESH,
    )
    return TableRow(product.id, cells, tuple(tones))


def product_text(store: ProductStore, log: EventLog, product_id: str) -> str:
    """What a product is, what was found in it, and its lineage as a tree. Raises ProductError."""
    product, manifest = find_product(product_id), store.manifest(product_id)
    lines = [clean_line(product.description, 400), f"domain {product.domain}, owner {product.owner}"]
    if manifest is None:
        lines.append("Not published yet: p builds it from the log and measures it.")
    else:
        lines += _version(product, manifest, store.is_stale(product_id, log), datetime.now(UTC))
    return "\n".join([*lines, "", tree_text(lineage(store, product_id))])


def _version(product: Product, manifest: Manifest, stale: bool, now: datetime) -> list[str]:
    """What was measured of the version in force, and whether it still holds."""
    quality = manifest.quality_at(product, now)
    lines = [
        "The log holds what it has not seen: p publishes it anew." if stale else "It is up to date.",
        f"version {manifest.version[:10]}, published {local_time(manifest.published_at)}",
        f"{manifest.rows:,} rows of {manifest.events:,} events, {manifest.rejected:,} rejected by the schema",
        "quality: " + ", ".join(f"{name} {share(getattr(quality, name))}" for name in FIGURES),
    ]
    found = Counter(clean_line(f"{one['kind']}: {'; '.join(one['what'])}") for one in manifest.findings)
    return lines + [f"{text} ({times} times)" if times > 1 else text for text, times in found.items()]
