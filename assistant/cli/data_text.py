"""Data products as plain text and as facts.

Invariant: manifests and rows come as ``training.products`` gives them; their texts are made inert here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from assistant.cli.decision_tables import align, local_time
from assistant.text_safety import clean, clean_line
from training.products.base import Product, Row, field
from training.products.catalogue import downstream
from training.products.lineage import Node
from training.products.manifest import Manifest

Facts = dict[str, Any]
FIGURES = ("completeness", "accuracy", "timeliness", "consistency", "uniqueness")
_HEADS = ("COMPLETE", "ACCURATE", "TIMELY", "CONSISTENT", "UNIQUE")
_CELL, _COLUMNS, _SHORT = 36, 7, 10


def summary(product: Product, manifest: Manifest | None, now: datetime) -> Facts:
    """What a product is; the version in force, if there is one, with its quality as of ``now``."""
    facts: Facts = {
        "id": product.id,
        "domain": product.domain,
        "owner": product.owner,
        "description": product.description,
    }
    if manifest is None:
        return {**facts, "version": None}
    return {
        **facts,
        "version": manifest.version,
        "published_at": manifest.published_at,
        "until": manifest.until,
        "rows": manifest.rows,
        "rejected": manifest.rejected,
        "quality": asdict(manifest.quality_at(product, now)),
    }


def detail(product: Product, manifest: Manifest | None, versions: Sequence[str], now: datetime) -> Facts:
    """Everything that is known of a product."""
    facts = {
        **summary(product, manifest, now),
        "key": list(product.key),
        "essential": list(product.essential),
        "indexed": list(product.indexed),
        "refresh": {
            "events": [str(kind) for kind in product.refresh.events],
            "max_age_s": product.refresh.max_age_s,
        },
        "upstream": list(product.upstream),
        "downstream": list(downstream(product.id)),
        "versions": list(versions),
    }
    if manifest:
        facts |= {
            "oldest": manifest.oldest,
            "newest": manifest.newest,
            "datasets": list(manifest.datasets),
            "findings": list(manifest.findings),
        }
    return {**facts, "schema": product.schema()}


def list_table(products: Sequence[Facts]) -> str:
    lines: list[Sequence[str]] = [("PRODUCT", "ROWS", *_HEADS, "PUBLISHED")]
    for one in products:
        if one["version"] is None:
            lines.append((one["id"], "-", *("-" for _ in FIGURES), "not published yet"))
        else:
            figures = (share(one["quality"][name]) for name in FIGURES)
            lines.append((one["id"], str(one["rows"]), *figures, local_time(one["published_at"])))
    return align(lines)


def published_table(made: Sequence[Manifest]) -> str:
    lines: list[Sequence[str]] = [("PRODUCT", "VERSION", "ROWS", "REJECTED", *_HEADS)]
    for one in made:
        figures = (share(getattr(one.quality, name)) for name in FIGURES)
        lines.append((one.product, one.version[:_SHORT], str(one.rows), str(one.rejected), *figures))
    return align(lines)


def detail_text(facts: Facts) -> str:
    """A field per line; the schema as its fields with their types."""
    lines = []
    for name, value in facts.items():
        if name == "schema":
            lines.append("fields:")
            lines += [f"  {field}: {_type(kind)}" for field, kind in value["properties"].items()]
        elif name == "quality":
            lines += [f"{figure}: {share(value[figure])}" for figure in FIGURES]
        elif name == "findings":
            lines += ["findings:", *(f"  {_finding(one)}" for one in value)] if value else []
        elif isinstance(value, list):
            lines.append(f"{name}: {', '.join(clean_line(str(item)) for item in value) or '-'}")
        elif isinstance(value, dict):
            lines.append(f"{name}: {clean(orjson.dumps(value).decode())}")
        else:
            lines.append(f"{name}: {'-' if value is None else clean_line(str(value))}")
    return "\n".join(lines)


def rows_table(rows: Sequence[Row], product: Product) -> str:
    """The indexed fields of rows that have a value in any, a line per row; the whole rows are in the JSON."""
    if not rows:
        return "no row matches"
    shown = [name for name in product.indexed if any(field(row, name) is not None for row in rows)]
    shown = shown[:_COLUMNS]
    lines: list[Sequence[str]] = [[name.upper() for name in shown]]
    lines += [[_cell(field(row, name)) for name in shown] for row in rows]
    return align(lines)


def tree_text(node: Node) -> str:
    """The lineage as a tree with lines."""
    return "\n".join([_label(node), *_branches(node.children, "")])


def _branches(nodes: Sequence[Node], before: str) -> Iterator[str]:
    for place, node in enumerate(nodes):
        last = place == len(nodes) - 1
        yield f"{before}{'└─' if last else '├─'} {_label(node)}"
        yield from _branches(node.children, f"{before}{'   ' if last else '│  '}")


def _label(node: Node) -> str:
    name = clean_line(node.name)
    if node.kind == "product":
        if node.facts["version"] is None:
            return f"{name} (not published yet)"
        facts = node.facts
        rows, events = _number(facts["rows"], "row"), _number(facts["events"], "event")
        return f"{name} {facts['version'][:_SHORT]} ({rows} from {events})"
    return f"{node.kind} {name}" if node.kind in ("event", "dataset", "row") else name


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _finding(found: Facts) -> str:
    return clean_line(f"{found['kind']}: {'; '.join(found['what'])} (event {', '.join(found['events'])})")


def _type(declared: Facts) -> str:
    kinds = [_name(one) for one in declared.get("anyOf", [declared])]
    return " or ".join(kinds)


def _name(declared: Facts) -> str:
    if "$ref" in declared:
        return str(declared["$ref"]).rpartition("/")[2]
    return " | ".join(map(str, declared["enum"])) if "enum" in declared else str(declared.get("type", "any"))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return clean_line(value if isinstance(value, str) else orjson.dumps(value).decode(), _CELL)


def share(value: float | None) -> str:
    """A share in per cent; a fault among many is never rounded away."""
    if value is None:
        return "-"
    return "99.9%" if 0.999 < value < 1 else f"{value:.1%}".replace(".0%", "%")
