"""``apprentice data``: the data products over the decision log.

Invariant: only ``publish`` writes into the store, and only ``export`` a file; facts go to stdout, progress
and notices to stderr. Text from the log is made inert before it is shown.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from assistant.cli import data_curate, data_text
from assistant.cli.data_options import (
    indexed,
    json_option,
    log_of,
    log_option,
    opened_store,
    order_option,
    product_argument,
    products_argument,
    store_option,
    where_option,
)
from assistant.cli.invocation import Invocation, is_raw, pass_invocation, print_json, print_text, raw_option
from assistant.cli.progress import progress
from assistant.cli.stdout import binary_stdout
from training.events.views import last_sequence

if TYPE_CHECKING:
    from training.events import EventLog
    from training.products import Manifest, ProductStore

FORMATS = ("jsonl", "csv", "parquet")
_SUFFIXES = {f".{kind}": kind for kind in FORMATS}


@click.group()
def data() -> None:
    """Data products: quality-measured views over the decision log; and datasets, curated from it.

    A FILTER is FIELD OPERATOR VALUE. FIELD may be nested (outcome.success). OPERATOR is >=, <=, >, <, = or
    in. VALUE is JSON (0.8, true, null, "two words") or a plain word; after 'in' a JSON list, or words with
    commas between them: --where 'tool_selected in read_file,run_shell'.
    """


for command in (data_curate.curate, data_curate.datasets, data_curate.diff, data_curate.dropped):
    data.add_command(command)


@data.command("list")
@store_option
@json_option
def list_products(folder: str | None, as_json: bool) -> None:
    """Every product with the version in force and its quality."""
    from training.products import PRODUCTS

    store = opened_store(folder)
    found = [data_text.summary(product, store.manifest(product.id), _now()) for product in PRODUCTS.values()]
    print_json(found) if as_json else print_text(data_text.list_table(found))


@data.command()
@product_argument
@store_option
@json_option
@raw_option
def show(product: str, folder: str | None, as_json: bool) -> None:
    """The declaration of a product, and what was measured of the version in force."""
    from training.products import find_product

    declared, store = find_product(product), opened_store(folder)
    found = data_text.detail(declared, store.manifest(product), store.versions(product), _now())
    print_json(found) if as_json else print_text(data_text.detail_text(found))


@data.command()
@product_argument
@where_option
@order_option
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many rows."
)
@store_option
@json_option
@raw_option
def query(
    product: str, where: dict[str, Any], order: str | None, limit: int, folder: str | None, as_json: bool
) -> None:
    """Rows of the version in force."""
    published = indexed(opened_store(folder), product, where, order)
    found = published.query(where, order=order, limit=limit + 1)
    rows = found[:limit]
    print_json(rows) if as_json else print_text(data_text.rows_table(rows, published.product))
    if len(found) > limit:
        click.echo("more rows match; --limit shows more, export writes all", err=True)


@data.command()
@product_argument
@where_option
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="Rows with --where.")
@store_option
@json_option
@raw_option
def lineage(product: str, where: dict[str, Any], limit: int, folder: str | None, as_json: bool) -> None:
    """What a product is made from and used by; with --where, the events behind each row."""
    from training.products.lineage import lineage as tree

    store = opened_store(folder)
    if where:
        indexed(store, product, where)
    found = tree(store, product, where, limit=limit if where else 0)
    print_json(found.to_dict()) if as_json else print_text(data_text.tree_text(found))


@data.command()
@product_argument
@click.option("-o", "--output", required=True, metavar="FILE", help="File to write; '-' for stdout.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="By default that of the file's name.")
@where_option
@order_option
@click.option("--limit", type=click.IntRange(min=1), help="At most so many rows.")
@store_option
@json_option
@raw_option
def export(
    product: str,
    output: str,
    kind: str | None,
    where: dict[str, Any],
    order: str | None,
    limit: int | None,
    folder: str | None,
    as_json: bool,
) -> None:
    """Write rows as JSON lines, CSV or Parquet. In CSV and Parquet a nested value is its JSON.

    A file of that name is replaced when all is written, and not before.
    """
    from assistant.outgoing import outgoing_line, outgoing_row
    from training.products.export import AS_PUBLISHED, Outgoing
    from training.products.export import export as write

    to_stdout = output == "-"
    kind = kind or _SUFFIXES.get(Path(output).suffix, "jsonl" if to_stdout else None)
    if kind is None:
        raise click.UsageError(f"{output}: give --format, or a name that ends in {', '.join(_SUFFIXES)}")
    if to_stdout and as_json:
        raise click.UsageError("--json says what was written; it does not go with -o -")
    if to_stdout and kind == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a terminal; give -o FILE, or pipe it on")
    published = indexed(opened_store(folder), product, where, order)
    target: Path | BinaryIO = binary_stdout() if to_stdout else Path(output)
    with progress("rows", len(published) if limit is None else min(limit, len(published))) as told:
        out = AS_PUBLISHED if is_raw() else Outgoing(outgoing_line, outgoing_row)
        written = write(published, target, kind, where, order=order, limit=limit, progress=told, outgoing=out)
    if as_json:
        version = published.manifest.version
        print_json({"product": product, "version": version, "rows": written, "file": output})
    elif not to_stdout:
        click.echo(f"{written} rows of {product} in {output}")


@data.command()
@products_argument
@click.option("--if-stale", is_flag=True, help="Only products for which the log holds new events.")
@log_option
@store_option
@json_option
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

    store = opened_store(folder)
    made: list[Manifest] = []
    with log_of(invocation, url) as log:
        for name in products or PRODUCTS:
            if not if_stale or store.is_stale(name, log):
                made.append(_published(store, name, log))
    if as_json:
        print_json([data_text.summary(find_product(one.product), one, _now()) for one in made])
    elif made:
        click.echo(data_text.published_table(made))
    else:
        click.echo("every product is up to date")


def _published(store: "ProductStore", name: str, log: "EventLog") -> "Manifest":
    with progress(name, last_sequence(log)) as told:
        return store.publish(name, log, progress=lambda done, _: told(done))


def _now() -> datetime:
    return datetime.now(UTC)
