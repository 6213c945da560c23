"""What is said of one published version: where it came from, what is in it, how good it is.

Invariant: a manifest is made while its rows are written, from what was written.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from training.products.base import Product, ProductError
from training.products.quality import Quality, moment_of, timeliness

FORMAT = 1
EXAMPLES = 20
"""At most so many rejected rows and contradictions are quoted; all are counted."""


@dataclass(frozen=True)
class Manifest:
    """``version`` is the hash of the content; times are ISO 8601 in UTC.

    ``until`` and ``until_event`` are the sequence and the id of the newest event that the log held then;
    ``rejected`` counts rows that broke the schema and are not in it; ``sums`` are the hashes of its files;
    ``datasets`` all datasets named.
    """

    product: str
    version: str
    published_at: str
    until: int
    rows: int
    rejected: int
    events: int
    datasets: tuple[str, ...]
    oldest: str | None
    newest: str | None
    quality: Quality
    findings: tuple[dict[str, Any], ...]
    upstream: tuple[str, ...]
    schema: dict[str, Any]
    sums: dict[str, str]
    until_event: str | None = None
    format: int = FORMAT

    def to_json(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)

    def quality_at(self, product: Product, now: datetime) -> Quality:
        """The quality with its timeliness as of ``now``; the rest does not change with time."""
        age = timeliness(moment_of(self.newest), now, product.refresh.max_age_s)
        return replace(self.quality, timeliness=age)


def manifest_from(content: bytes, where: str) -> Manifest:
    """Raises ProductError: not a manifest, or one of a newer program."""
    try:
        found = orjson.loads(content)
        if found["format"] > FORMAT:
            raise ProductError(
                f"{where} has the format {found['format']}, newer than this program; update it"
            )
        return Manifest(
            **{
                **found,
                "quality": Quality(**found["quality"]),
                **{name: tuple(found[name]) for name in ("datasets", "findings", "upstream")},
            }
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ProductError(f"{where} is damaged ({error}); publish the product again") from error
