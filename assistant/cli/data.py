"""``apprentice data``: the data products over the decision log.

Invariant: only ``publish`` writes into the store, and only ``export`` a file; facts go to stdout, progress
and notices to stderr. Text from the log is made inert before it is shown.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from assistant.cli import data_text
from assistant.cli.decision_options import progress
from assistant.cli.invocation import Invocation, pass_invocation, print_json, print_notices
from training.events.views import last_sequence

if TYPE_CHECKING:
    from training.events import EventLog
    from training.products import Manifest, ProductStore

FORMATS = ("jsonl", "csv", "parquet")
_LONG = 2000
"""Events from which on a person may want to see how far it is."""
_SUFFIXES = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_log = click.option(
    "--log", "url", metavar="URL", help="The log to build from; by default that of the settings."
)
_store = click.option(
    "--store", "folder", metavar="FOLDER", help="Where products are published; by default in the data folder."
)
_where = click.option(
    "--where",
    multiple=True,
    metavar="FILTER",
    help="FIELD OPERATOR VALUE, such as confidence>=0.8; may be given several times, and all must hold.",
)
_order = click.option(
    "--order", metavar="FIELD", help="Sort by this field; with '-' in front, highest first."
)


@click.group()
def data() -> None:
    """Data products: quality-measured views over the decision log.

    A FILTER is FIELD OPERATOR VALUE. FIELD may be nested (outcome.success). OPERATOR is >=, <=, >, <, = or
    in. VALUE is JSON (0.8, true, null, "two words") or a plain word; after 'in' a JSON list, or words with
    commas between them: --where 'tool_selected in read_file,run_shell'.
    """


@data.command("list")
@_store
@_as_json
def list_products(folder: str | None, as_json: bool) -> None:
    """Every product with the version in force and its quality."""
    from training.products import PRODUCTS

    store = _opened(folder)
    found = [data_text.summary(product, store.manifest(product.id), _now()) for product in PRODUCTS.values()]
    print_json(found) if as_json else click.echo(data_text.list_table(found))


@data.command()
@click.argument("product")
@_store
@_as_json
def show(product: str, folder: str | None, as_json: bool) -> None:
    """The declaration of a product, and what was measured of the version in force."""
    from training.products import find_product

    declared, store = find_product(product), _opened(folder)
    found = data_text.detail(declared, store.manifest(product), store.versions(product), _now())
    print_json(found) if as_json else click.echo(data_text.detail_text(found))


@data.command()
@click.argument("product")
@_where
@_order
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many rows."
)
@_store
@_as_json
def query(
    product: str, where: tuple[str, ...], order: str | None, limit: int, folder: str | None, as_json: bool
) -> None:
    """Rows of the version in force."""
    from training.products.where import parse_where

    published = _opened(folder).open(product)
    found = published.query(parse_where(where), order=order, limit=limit)
    print_json(found) if as_json else click.echo(data_text.rows_table(found, published.product))


@data.command()
@click.argument("product")
@_where
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="Rows with --where.")
@_store
@_as_json
def lineage(product: str, where: tuple[str, ...], limit: int, folder: str | None, as_json: bool) -> None:
    """What a product is made from and used by; with --where, the events behind each row."""
    from training.products.lineage import lineage as tree
    from training.products.where import parse_where

    found = tree(_opened(folder), product, parse_where(where), limit=limit if where else 0)
    print_json(found.to_dict()) if as_json else click.echo(data_text.tree_text(found))


@data.command()
@click.argument("product")
@click.option("-o", "--output", required=True, metavar="FILE", help="File to write; '-' for stdout.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="By default that of the file's name.")
@_where
@_order
@click.option("--limit", type=click.IntRange(min=1), help="At most so many rows.")
@_store
@_as_json
def export(
    product: str,
    output: str,
    kind: str | None,
    where: tuple[str, ...],
    order: str | None,
    limit: int | None,
    folder: str | None,
    as_json: bool,
) -> None:
    """Write rows as JSON lines, CSV or Parquet. In CSV and Parquet a nested value is its JSON."""
    from training.products.export import export as write
    from training.products.where import parse_where

    to_stdout = output == "-"
    kind = kind or _SUFFIXES.get(Path(output).suffix, "jsonl" if to_stdout else None)
    if kind is None:
        raise click.UsageError(f"{output}: give --format, or a name that ends in {', '.join(_SUFFIXES)}")
    if to_stdout and as_json:
        raise click.UsageError("--json says what was written; it does not go with -o -")
    published = _opened(folder).open(product)
    target: Path | BinaryIO = sys.stdout.buffer if to_stdout else Path(output)
    filters = parse_where(where)
    total = len(published) if limit is None else min(limit, len(published))
    with progress("rows", total if total >= _LONG else 0) as told:
        written = write(published, target, kind, filters, order=order, limit=limit, progress=told)
    if as_json:
        print_json(
            {"product": product, "version": published.manifest.version, "rows": written, "file": output}
        )
    elif not to_stdout:
        click.echo(f"{written} rows of {product} in {output}")


@data.command()
@click.argument("products", nargs=-1, metavar="[PRODUCT]...")
@click.option("--if-stale", is_flag=True, help="Only products for which the log holds new events.")
@_log
@_store
@_as_json
@pass_invocation
def publish(
    invocation: Invocation,
    products: tuple[str, ...],
    if_stale: bool,
    url: str | None,
    folder: str | None,
    as_json: bool,
) -> None:
    """Build products from the log, measure them and put them in force; all of them where none is named."""
    from training.products import PRODUCTS, find_product

    wanted = [find_product(name).id for name in products] or list(PRODUCTS)
    store = _opened(folder)
    made: list[Manifest] = []
    with _log_of(invocation, url) as log:
        for name in wanted:
            if not if_stale or store.is_stale(name, log):
                made.append(_published(store, name, log))
    if as_json:
        print_json([data_text.summary(find_product(one.product), one, _now()) for one in made])
    elif made:
        click.echo(data_text.published_table(made))
    else:
        click.echo("every product is up to date")


def _published(store: "ProductStore", name: str, log: "EventLog") -> "Manifest":
    total = last_sequence(log)
    with progress(name, total if total >= _LONG else 0) as told:
        made = store.publish(name, log, progress=lambda done, _: told(done))
        told(total)
    return made


def _opened(folder: str | None) -> "ProductStore":
    from training.products import ProductStore

    return ProductStore(Path(folder).expanduser().absolute() if folder else None)


@contextmanager
def _log_of(invocation: Invocation, url: str | None) -> Iterator["EventLog"]:
    from training.events import open_log

    log = open_log(url or invocation.settings().events.url, create=False)
    try:
        print_notices(tuple(log.notices))
        yield log
    finally:
        log.close()


def _now() -> datetime:
    return datetime.now(UTC)
