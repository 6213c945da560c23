"""The data products that there are, and which is made of which.

Invariant: downstream is the reverse of upstream, never declared on its own.
"""

from training.products.base import Product, ProductError
from training.products.benchmarks import BENCHMARKS
from training.products.costs import COSTS
from training.products.distillation import DISTILLATION
from training.products.history import HISTORY
from training.products.models import MODELS
from training.products.prompts import OPTIMIZATIONS

PRODUCTS: dict[str, Product] = {
    product.id: product for product in (HISTORY, DISTILLATION, MODELS, OPTIMIZATIONS, COSTS, BENCHMARKS)
}


def find_product(product_id: str) -> Product:
    """The product of that id. Raises ProductError."""
    try:
        return PRODUCTS[product_id]
    except KeyError:
        known = ", ".join(PRODUCTS)
        raise ProductError(f"there is no data product {product_id!r}; there are: {known}") from None


def downstream(product_id: str) -> tuple[str, ...]:
    """The products that are made of this one, in the catalogue's order."""
    return tuple(one.id for one in PRODUCTS.values() if product_id in one.upstream)
