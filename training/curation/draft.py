"""What a draft keeps for a person to judge: what was compared, a map of it, what each stage left out.

Invariant: a draft is a folder that is written once; whoever reads it needs neither the log nor a model. Of
very many decisions it holds whole clusters, drawn by the seed, so that duplicates stay together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from training.curation.base import CurationError, Row
from training.curation.clustering import clusters_of, silhouette_of
from training.curation.comparison import Comparison, read_comparison
from training.curation.embedding import ABOUT, embed_decisions, embedder_of
from training.curation.lessons import quality_of
from training.curation.projection import projected
from training.curation.stages import Workshop, semdedup_of
from training.curation.texts import tool_of
from training.labels import label_of

if TYPE_CHECKING:
    from training.curation.base import Numbers

DRAFT = "draft"
MOST = 20_000
"""Decisions that a draft compares at most, about."""
MAPPED = 2_000
"""Decisions on the map; more would take minutes, and be seen no better."""
MOST_LEFT_OUT = 5_000
_LONGEST = 600
_COMPARED, _FACTS, _REPORT = "compared.npz", "decisions.jsonl", "report.json"


@dataclass(frozen=True)
class Point:
    """A decision on the map: by its place among those compared; ``x`` and ``y`` from 0 to 1."""

    place: int
    x: float
    y: float
    cluster: int


@dataclass(frozen=True)
class Draft:
    """``facts`` of decisions by their event: ``request, tool, arguments, session_id, quality``; ``dropped``
    as the stages say it; ``decisions`` were compared, of which the draft holds those in ``compared``."""

    compared: Comparison
    facts: Mapping[str, Mapping[str, Any]]
    points: Sequence[Point] = ()
    dropped: Sequence[Mapping[str, Any]] = ()
    decisions: int = 0
    silhouette: float | None = None


def write_draft(
    folder: Path,
    rows: Sequence[Row],
    matched: Sequence[Row],
    dropped: Sequence[Mapping[str, Any]],
    shop: Workshop,
) -> None:
    """``rows`` are those that the duplicates were sought in. Raises CurationError, OSError."""
    compared, places = _drawn(semdedup_of(shop).compared(rows), shop.recipe.seed)
    folder.mkdir(mode=0o700)
    compared.write(folder / _COMPARED)
    known = set(compared.names)
    left = [one for one in dropped if one["stage"] != "dedup"][:MOST_LEFT_OUT]
    wanted = {one["event_id"] for one in left} - known
    shown = [rows[place] for place in places] + [row for row in matched if row["event_id"] in wanted]
    (folder / _FACTS).write_bytes(b"".join(orjson.dumps(_facts(row)) + b"\n" for row in shown))
    points, silhouette = _map([rows[place] for place in places], shop)
    report = {
        "decisions": len(rows),
        "compared": len(places),
        "points": points,
        "silhouette": silhouette,
        "dropped": left,
    }
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    (folder / _REPORT).write_bytes(orjson.dumps(report, option=options))


def read_draft(folder: Path) -> Draft:
    """Raises CurationError."""
    try:
        report = orjson.loads((folder / _REPORT).read_bytes())
        facts = [orjson.loads(line) for line in (folder / _FACTS).read_bytes().splitlines()]
        compared = facts[: report["compared"]]
        return Draft(
            read_comparison(
                folder / _COMPARED, [one["event_id"] for one in compared], [one["tool"] for one in compared]
            ),
            {one["event_id"]: one for one in facts},
            [Point(*one) for one in report["points"]],
            report["dropped"],
            report["decisions"],
            report["silhouette"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CurationError(f"the draft in {folder} cannot be read ({error}); make another one") from None


def _drawn(compared: Comparison, seed: int) -> "tuple[Comparison, Numbers]":
    """All of it, or whole clusters of it; and the places of what is taken."""
    import numpy as np

    if len(compared.names) <= MOST:
        return compared, np.arange(len(compared.names))
    order = np.random.default_rng(seed).permutation(len(compared.clusters))
    sizes = np.cumsum([len(compared.clusters[number]) for number in order])
    taken = sorted(order[: max(1, int(np.searchsorted(sizes, MOST, "right")))].tolist())
    return compared.part(taken)


def _map(rows: Sequence[Row], shop: Workshop) -> tuple[list[tuple[int, float, float, int]], float | None]:
    import numpy as np

    recipe = shop.recipe
    drawn = np.sort(np.random.default_rng(recipe.seed).permutation(len(rows))[:MAPPED])
    embedder = embedder_of(recipe.embedder, shop.cache)
    vectors = embed_decisions([rows[place] for place in drawn], embedder, ABOUT)
    clusters, silhouette = np.zeros(len(drawn), np.intp), None
    if recipe.clusters:
        clusters = clusters_of(vectors, recipe.method, n_clusters=recipe.clusters, seed=recipe.seed)
        silhouette = silhouette_of(vectors, clusters, recipe.seed)
    placed: Iterable[Any] = zip(drawn, projected(vectors, recipe.seed), clusters, strict=True)
    points = [(int(place), round(float(x), 4), round(float(y), 4), int(one)) for place, (x, y), one in placed]
    return points, silhouette


def _facts(row: Row) -> dict[str, Any]:
    context = row["context"] if isinstance(row["context"], Mapping) else {}
    arguments = row["tool_parameters"]
    return {
        "event_id": row["event_id"],
        "tool": tool_of(row),
        "chosen": row["tool_selected"],
        "request": str(context.get("request") or "")[:_LONGEST],
        "arguments": _short(arguments) if isinstance(arguments, Mapping) else {},
        "session_id": row["session_id"],
        "timestamp": row["timestamp"],
        "quality": round(quality_of(row), 3),
        "label": label_of(row).as_json(),
    }


def _short(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in arguments.items()}
