"""What changed from one dataset to another.

Invariant: examples are the same where their ids are, which follow from their content.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from training.datasets.manifest import SPLITS
from training.datasets.store import DatasetStore

SHOWN = 10
_LONGEST = 200
Line = Mapping[str, Any]


def difference(store: DatasetStore, one: str, other: str) -> dict[str, Any]:
    """JSON-ready: counts, tools and settings before and after, and some of the examples that came and went.

    Raises DatasetError.
    """
    before, after = store.get(one), store.get(other)
    had, has = _examples(store, before.id), _examples(store, after.id)
    gone = [line for name, (_, line) in had.items() if name not in has]
    new = [line for name, (_, line) in has.items() if name not in had]
    moved = [
        {"id": name, "from": had[name][0], "to": split}
        for name, (split, _) in has.items()
        if name in had and had[name][0] != split
    ]
    return {
        "before": before.id,
        "after": after.id,
        "examples": {"before": len(had), "after": len(has), "added": len(new), "removed": len(gone)},
        "moved": moved,
        "tools": _pairs(_tools(had.values()), _tools(has.values())),
        "origin": _pairs(_flat(before.origin.model_dump()), _flat(after.origin.model_dump())),
        "added": [_shown(line) for line in new[:SHOWN]],
        "removed": [_shown(line) for line in gone[:SHOWN]],
    }


def _examples(store: DatasetStore, key: str) -> dict[str, tuple[str, Line]]:
    return {str(line["id"]): (name, line) for name in SPLITS for line in store.lines(key, name)}


def calls_of(line: Line) -> list[str]:
    """The tools that the last turn of an example calls; ``answer`` where it calls none."""
    return [str(call["tool"]) for call in line["messages"][-1].get("calls", ())] or ["answer"]


def _tools(examples: Iterable[tuple[str, Line]]) -> dict[str, Any]:
    return dict(Counter(tool for _, line in examples for tool in calls_of(line)))


def _pairs(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs, by name: as it was and as it is."""
    names = sorted({*before, *after})
    return {
        name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)
    }


def _flat(value: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in value.items():
        found |= _flat(item, f"{above}{name}.") if isinstance(item, dict) else {f"{above}{name}": item}
    return found


def _shown(line: Line) -> dict[str, Any]:
    asked = next((turn["text"] for turn in reversed(line["messages"]) if turn["role"] == "user"), "")
    return {"id": line["id"], "request": asked[:_LONGEST], "tools": calls_of(line)}
