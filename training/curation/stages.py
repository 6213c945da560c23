"""The steps from decisions to those that become examples, each with what it took, left out, and why.

Invariant: a stage keeps the order of what it is given; what it leaves out is named with its reason; the same
decisions and recipe give the same result.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from training.curation.car import CaR
from training.curation.drift import Drift
from training.curation.embedding import embedder_of
from training.curation.engine import LOCAL, Engine
from training.curation.examples import example_of, negative_of
from training.curation.lessons import Lesson, lesson_of, quality_of
from training.curation.recipe import Recipe
from training.curation.second_look import SecondLook
from training.curation.semdedup import SemDeDup
from training.curation.texts import tool_of
from training.events.gate import may_hold_secrets
from training.events.redaction import redact
from training.events.views import given_moment, moment_of
from training.products.base import errors_of
from training.products.base import field as value_of
from training.products.filters import conditions, key_of
from training.products.history import DecisionRow

Row = dict[str, Any]
Dropped = dict[str, Any]
"""``event_id`` and ``reason``; of a duplicate also ``duplicate_of`` and ``similarity``."""
REDACTED = "[redacted:"
FEW = 50
"""Up to so many of one tool stay, whatever their share."""


@dataclass(frozen=True)
class Made:
    """What a stage made of what it was given; ``facts`` is for the manifest."""

    kept: Sequence[Row]
    dropped: Sequence[Dropped] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Workshop:
    """What every stage is given beside the decisions. ``cache`` is the folder of vectors, ``engine`` where it
    is computed."""

    recipe: Recipe
    cache: Path | None = None
    engine: Engine = LOCAL


Stage = Callable[[Sequence[Row], Workshop], Made]


def filtered(rows: Sequence[Row], shop: Workshop) -> Made:
    """Those of the time and with the values that the recipe names, as far as their records are whole."""
    recipe = shop.recipe
    since, until = (given_moment(each) if each else None for each in (recipe.since, recipe.until))
    wanted = conditions(recipe.where)

    def matches(row: Row) -> bool:
        moment = moment_of(row["timestamp"])
        if (since and (moment is None or moment < since)) or (until and (moment is None or moment >= until)):
            return False
        return all(one.holds(key_of(value_of(row, one.field))) for one in wanted)

    def problem(row: Row) -> str:
        errors = errors_of(DecisionRow, row)
        return f"its record is not whole: {next(iter(errors.values()))}" if errors else ""

    found = _left([row for row in rows if matches(row)], problem)
    return Made(found.kept, found.dropped, {"since": recipe.since, "until": recipe.until})


def without_secrets(rows: Sequence[Row], shop: Workshop) -> Made:
    """Those in which nothing is left to redact, and whose calls were not cut by it.

    The log redacts what it is given; rules that came later may find more.
    """

    def problem(row: Row) -> str:
        if may_hold_secrets(orjson.dumps(row)) and (found := redact(row)[1]):
            return f"it holds {', '.join(sorted(found))}"
        lesson = lesson_of(row)
        calls = (lesson.arguments, lesson.rejected_arguments) if lesson else ()
        return "a secret was taken out of its call" if any(REDACTED in str(call) for call in calls) else ""

    return _left(rows, problem)


def labelled(rows: Sequence[Row], shop: Workshop) -> Made:
    """Those that say what is right or wrong and that fit the tools of today."""

    def problem(row: Row) -> str:
        lesson = lesson_of(row)
        if lesson is None:
            return "nothing tells right from wrong"
        try:
            _made(row, lesson, shop)
        except Drift as drift:
            return f"it does not fit the tools of today: {drift}"
        return ""

    made = _left(rows, problem)
    sources = Counter(lesson.source for row in made.kept if (lesson := lesson_of(row)))
    wrong = sum(1 for row in made.kept if not (lesson_of(row) or Lesson("said")).tool)
    return Made(made.kept, made.dropped, {"sources": dict(sources), "only_wrong": wrong})


def deduplicated(rows: Sequence[Row], shop: Workshop) -> Made:
    """Without those that say what another one says."""
    kept, stats = asyncio.run(semdedup_of(shop).deduplicate(rows))
    dropped = [{"reason": "duplicate", **one} for one in stats.pop("dropped")]
    return Made(kept, dropped, {**stats, "clusters": len(stats["clusters"])})


def semdedup_of(shop: Workshop) -> SemDeDup:
    """As the recipe wants it."""
    recipe = shop.recipe
    second = embedder_of(recipe.second, shop.cache) if recipe.second else None
    return SemDeDup(
        recipe.threshold,
        floor=recipe.floor,
        keep=recipe.keep,
        embedder=embedder_of(recipe.embedder, shop.cache),
        second=SecondLook(second, recipe.second_threshold, recipe.doubt) if second else None,
        seed=recipe.seed,
        engine=shop.engine,
    )


def selected(rows: Sequence[Row], shop: Workshop) -> Made:
    """The representatives of each cluster, where the recipe asks for clusters."""
    recipe = shop.recipe
    if not recipe.clusters:
        return Made(rows)
    car = CaR(
        recipe.clusters,
        recipe.per_cluster,
        method=recipe.method,
        rule="ranked" if recipe.top else "per_cluster",
        top=recipe.top,
        keep=recipe.keep,
        embedder=embedder_of(recipe.embedder, shop.cache),
        seed=recipe.seed,
        engine=shop.engine,
    )
    kept, stats = asyncio.run(car.select_representatives(rows))
    chosen = {row["event_id"] for row in kept}
    why = "others stand for its cluster"
    left = [{"event_id": row["event_id"], "reason": why} for row in rows if row["event_id"] not in chosen]
    return Made(kept, left, stats)


def balanced(rows: Sequence[Row], shop: Workshop) -> Made:
    """No more of one tool than ``most_share`` of all, as far as there are others; the best stay."""
    counts = Counter(map(tool_of, rows))
    most = max(_most_of_one(counts, shop.recipe.most_share), FEW)
    keep = set(shop.recipe.keep)
    ranked = sorted(rows, key=lambda row: (row["event_id"] not in keep, -quality_of(row), row["event_id"]))
    taken: Counter[str] = Counter()
    left = set()
    for row in ranked:
        tool = tool_of(row)
        if taken[tool] >= most and row["event_id"] not in keep:
            left.add(row["event_id"])
        taken[tool] += 1
    reason = f"there are more than {most} of its tool"
    dropped = [{"event_id": row["event_id"], "reason": reason} for row in rows if row["event_id"] in left]
    kept = [row for row in rows if row["event_id"] not in left]
    return Made(kept, dropped, {"most_of_one_tool": most, "tools": dict(Counter(map(tool_of, kept)))})


STAGES: Mapping[str, Stage] = {
    "filter": filtered,
    "redact": without_secrets,
    "label": labelled,
    "dedup": deduplicated,
    "select": selected,
    "balance": balanced,
}
"""In their order."""


def _most_of_one(counts: Counter[str], share: float) -> int:
    """The highest number that, where it bounds every tool, makes none more than ``share`` of the whole.

    With too few tools for that, the number of the second most frequent one; with one tool, no bound.
    """
    if len(counts) < 2:
        return max(counts.values(), default=0)
    second = counts.most_common(2)[1][1]
    for most in range(max(counts.values()), second, -1):
        if most <= share * sum(min(count, most) for count in counts.values()):
            return most
    return second


def _made(row: Row, lesson: Lesson, shop: Workshop) -> None:
    """Raises Drift where no example can be made of it."""
    if lesson.tool:
        example_of(row, lesson, shop.recipe.renames)
    else:
        negative_of(row, lesson, shop.recipe.renames)


def _left(rows: Sequence[Row], problem: Callable[[Row], str]) -> Made:
    kept, dropped = [], []
    for row in rows:
        if said := problem(row):
            dropped.append({"event_id": row["event_id"], "reason": said})
        else:
            kept.append(row)
    return Made(kept, dropped)
