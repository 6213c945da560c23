"""Names of fields as queries write them, against the schema that a version was published with.

Invariant: a name that the schema rules out is an error, never a field that is always empty. What the schema
leaves open (``context`` may hold anything) may be asked for by any name.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from training.products.base import ProductError

Schema = Mapping[str, Any]


def refuse_unknown(product_id: str, schema: Schema, name: str) -> None:
    """Raises ProductError where no row can have the field ``name``, such as ``outcome.sucess``."""
    options = [schema]
    place = ""
    for part in name.split("."):
        if any(_is_open(one) for one in options):
            return
        known = {key: value for one in options for key, value in one.get("properties", {}).items()}
        if part not in known:
            there = f"it has: {', '.join(known)}" if known else "it is no object"
            raise ProductError(f"{place or product_id} has no field {part!r}; {there}")
        options = list(_options(schema, known[part]))
        place = f"{place}.{part}" if place else part


def _options(schema: Schema, declared: Schema) -> Iterator[Schema]:
    """What a value may be, with the names of definitions replaced by what they stand for."""
    for one in declared.get("anyOf", [declared]):
        yield schema["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one


def _is_open(declared: Schema) -> bool:
    """Whether the schema leaves open which fields there are."""
    kind = declared.get("type")
    return kind is None or (kind == "object" and "properties" not in declared)
