"""What the commands of ``apprentice data`` share: the product, filters, the store, the log.

Invariant: a product, a filter or a field that there is not is wrong usage, said before anything is read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.invocation import Invocation, print_notices
from assistant.cli.progress import progress

if TYPE_CHECKING:
    from training.events import EventLog
    from training.products import ProductStore
    from training.products.published import Published


def _known(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """The id of a product, or several, as they were given."""
    from training.products import ProductError, find_product

    try:
        for name in [value] if isinstance(value, str) else value:
            find_product(name)
    except ProductError as error:
        raise click.BadParameter(str(error)) from error
    return value


def _parsed(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, Any]:
    """Filters as a query takes them."""
    from training.products import ProductError
    from training.products.where import parse_where

    try:
        return parse_where(value)
    except ProductError as error:
        raise click.BadParameter(str(error)) from error


product_argument = click.argument("product", callback=_known)
products_argument = click.argument("products", nargs=-1, metavar="[PRODUCT]...", callback=_known)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
log_option = click.option(
    "--log", "url", metavar="URL", help="The log to build from; by default that of the settings."
)
store_option = click.option(
    "--store", "folder", metavar="FOLDER", help="Where products are published; by default in the data folder."
)
_FILTER: dict[str, Any] = {
    "multiple": True,
    "callback": _parsed,
    "metavar": "FILTER",
    "help": "FIELD OPERATOR VALUE, such as confidence>=0.8; may be given several times, and all must hold.",
}
where_option = click.option("--where", **_FILTER)
filter_option = click.option("--filter", "--where", "where", **_FILTER)
order_option = click.option(
    "--order", metavar="FIELD", help="Sort by this field; with '-' in front, highest first."
)


def opened_store(folder: str | None) -> "ProductStore":
    from training.products import ProductStore

    return ProductStore(Path(folder).expanduser().absolute() if folder else None)


def indexed(
    store: "ProductStore", name: str, filters: dict[str, Any], order: str | None = None
) -> "Published":
    """The version in force, with what such a query looks up."""
    from training.products import ProductError

    published = store.open(name)
    try:
        fields = published.check(filters, order)
    except ProductError as error:
        raise click.UsageError(str(error)) from error
    with progress("indexing", len(published)) as told:
        published.index(fields, lambda done, _: told(done))
    return published


@contextmanager
def log_of(invocation: Invocation, url: str | None) -> Iterator["EventLog"]:
    """The log that is named, or that of the settings; what it has to say goes to stderr."""
    from training.events import open_log

    log = open_log(url or invocation.settings().events.url, create=False)
    try:
        print_notices(tuple(log.notices))
        yield log
    finally:
        log.close()
