"""The dataset of curated decisions: examples in their splits, what was wrong, what was left out.

Invariant: what was wrong in a session that is held out is not in the dataset: it would give the session away.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from training.curation.examples import example_of, negative_of
from training.curation.lessons import lesson_of
from training.curation.recipe import Recipe
from training.curation.stages import Row
from training.datasets.example import Example, to_line
from training.datasets.manifest import DROPPED, NEGATIVES, TRAIN, Origin
from training.datasets.splits import split


@dataclass(frozen=True)
class Content:
    """The files of a dataset, and which decisions are in them."""

    files: Mapping[str, Sequence[bytes]]
    taken: Sequence[str]
    examples: int
    report: Mapping[str, Any]
    figures: Mapping[str, Any]


def content_of(rows: Sequence[Row], dropped: Sequence[Mapping[str, Any]], recipe: Recipe) -> Content:
    """Everything that is written of ``rows``, which passed the stages; ``dropped`` is what did not."""
    positives, negatives = _lessons(rows, recipe)
    unique = {one.id: one for one in reversed(positives)}
    examples = [one for one in positives if unique[one.id] is one]
    splits = split(examples, recipe.validation, recipe.test, recipe.seed)
    held_out = {one.session for name, some in splits.files.items() if name != TRAIN for one in some}
    wrong = [one for one in negatives if one["session"] not in held_out or not held_out]
    left = [
        *dropped,
        *_said(positives, examples, "equal to another example"),
        *(
            {
                "event_id": one.source["event_id"],
                "stage": "split",
                "reason": f"held out, and nearly asked: {other}",
            }
            for one, other in splits.leaked
        ),
    ]
    files: dict[str, list[bytes]] = {
        **{name: [to_line(one).rstrip(b"\n") for one in some] for name, some in splits.files.items()},
        NEGATIVES: [orjson.dumps(one) for one in wrong],
        DROPPED: [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in left],
    }
    used = [one for some in splits.files.values() for one in some]
    taken = {one.source["event_id"] for one in used} | {one["source"]["event_id"] for one in wrong}
    counts = {name.partition(".")[0]: len(some) for name, some in splits.files.items()}
    report = {
        "name": "split",
        "before": len(rows),
        "after": len(taken),
        "leaked": len(splits.leaked),
        **counts,
        "negatives": len(wrong),
    }
    return Content(files, sorted(taken), len(used), report, _figures(used))


def origin_of(rows: Sequence[Row], recipe: Recipe) -> Origin:
    """``rows`` are the decisions that matched; when they were asked for is no part of it."""
    digest = sha256()
    for row in rows:
        digest.update(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))
    events = {
        "decisions": len(rows),
        "first": rows[0]["event_id"] if rows else None,
        "last": rows[-1]["event_id"] if rows else None,
        "sha256": digest.hexdigest(),
    }
    settings = recipe.model_dump(mode="json", exclude={"since", "until", "seed"})
    return Origin(events=events, configuration=settings, seeds={"curation": recipe.seed})


def _lessons(rows: Sequence[Row], recipe: Recipe) -> tuple[list[Example], list[dict[str, Any]]]:
    positives, negatives = [], []
    for row in rows:
        if (lesson := lesson_of(row)) is None:
            continue
        if lesson.tool:
            positives.append(example_of(row, lesson, recipe.renames))
        if lesson.rejected_tool:
            negatives.append(negative_of(row, lesson, recipe.renames))
    return positives, negatives


def _said(all_of: Sequence[Example], kept: Sequence[Example], why: str) -> Iterator[dict[str, Any]]:
    staying = {id(one) for one in kept}
    for one in all_of:
        if id(one) not in staying:
            yield {"event_id": one.source["event_id"], "stage": "split", "reason": why}


def _figures(used: Sequence[Example]) -> dict[str, Any]:
    """Of the examples in all splits."""
    calls = [[call.tool for call in one.messages[-1].calls] or ["answer"] for one in used]
    return {
        "kinds": dict(Counter(one.kind for one in used)),
        "tools": dict(Counter(tool for tools in calls for tool in tools).most_common()),
        "sources": dict(Counter(one.source["provider"] for one in used)),
        "sessions": len({one.session for one in used}),
    }
