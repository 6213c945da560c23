"""Data products as cells and text. Pure, but for what ``product_text`` reads.

Invariant: names from datasets and events are made inert here.
"""

from datetime import datetime

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
        "stale" if stale else "fresh",
    )
    return TableRow(product.id, cells, tuple(tones))


def product_text(store: ProductStore, log: EventLog, product_id: str) -> str:
    """What a product is, what was found in it, and its lineage as a tree. Raises ProductError."""
    product, manifest = find_product(product_id), store.manifest(product_id)
    lines = [clean_line(product.description, 400), f"domain {product.domain}, owner {product.owner}"]
    if manifest is None:
        lines.append("Not published yet: p builds it from the log and measures it.")
    else:
        stale = store.is_stale(product_id, log)
        lines.append(
            f"version {manifest.version[:10]}, published {local_time(manifest.published_at)}, "
            f"{manifest.rejected:,} rows rejected"
        )
        lines.append("The log holds newer events: p publishes it anew." if stale else "It is up to date.")
        lines += [clean_line(f"found {one['kind']}: {'; '.join(one['what'])}") for one in manifest.findings]
    return "\n".join([*lines, "", tree_text(lineage(store, product_id))])
