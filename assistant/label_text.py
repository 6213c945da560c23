"""Who was right about a decision, in words: short for a table, whole for a record. Pure."""

from collections.abc import Mapping
from typing import Any

from training.labels import Label, label_of

Row = Mapping[str, Any]
_SIGNS = {"positive": "+", "negative": "-", "correction": "±"}


def short_label(row: Row) -> str:
    """The source with the strength, such as ``said +1.0``, ``-`` where it was wrong, ``±`` where it was
    corrected; empty where nothing is known."""
    return _short(label_of(row))


def whole_label(row: Row) -> str:
    """The source with the strength, and why; where nothing is known, why not."""
    label = label_of(row)
    return f"{_short(label) or 'none'}: {label.why}"


def with_label(row: Row) -> dict[str, Any]:
    """The row with its label, as it is printed as JSON."""
    return {**row, "label": label_of(row).as_json()}


def _short(label: Label) -> str:
    return f"{label.source} {_SIGNS[label.verdict]}{label.strength:.1f}" if label.is_known else ""
