"""One engine in a process of its own, as ``curation.py`` starts it; prints one JSON line.

``dedup`` is our SemDeDup alone, on decisions that are in memory; ``pipeline`` is all stages and the making
of the dataset's content; ``semhash`` is semhash over one text a decision, with a static model.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from measuring import ROOT

sys.path.insert(0, str(ROOT))

from curation_planted import planted, text_of

from training.curation.making import content_of
from training.curation.recipe import Recipe
from training.curation.semdedup import SemDeDup
from training.curation.stages import STAGES, Workshop

Row = dict[str, Any]
Owners = Mapping[str, str]
"""Who was left out, and for whom."""


def main(engine: str, size: int, threshold: float, embedder: str) -> None:
    rows = planted(size)
    begun, used = time.perf_counter(), time.process_time()
    owners, facts = ENGINES[engine](rows, threshold, embedder)
    seconds, processor = time.perf_counter() - begun, time.process_time() - used
    status = Path("/proc/self/status").read_text("ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1000
    figures = {"seconds": seconds, "processor_s": processor, "peak_mb": peak}
    print(json.dumps({**figures, **judged(rows, owners), **facts}))


def _dedup(rows: Sequence[Row], threshold: float, embedder: str) -> tuple[Owners, dict[str, Any]]:
    from training.curation.embedding import embedder_of

    semdedup = SemDeDup(threshold, floor=0, embedder=embedder_of(embedder))
    _, stats = asyncio.run(semdedup.deduplicate(rows))
    return {one["event_id"]: one["duplicate_of"] for one in stats["dropped"]}, {}


def _pipeline(rows: Sequence[Row], threshold: float, embedder: str) -> tuple[Owners, dict[str, Any]]:
    clusters = max(10, len(rows) // 5000)
    recipe = Recipe(threshold=threshold, embedder=embedder, clusters=clusters, per_cluster=50)
    shop, owners, took = Workshop(recipe), {}, {}
    dropped: list[Row] = []
    kept: Sequence[Row] = rows
    for name, stage in STAGES.items():
        begun = time.perf_counter()
        made = stage(kept, shop)
        took[name] = round(time.perf_counter() - begun, 2)
        owners |= {one["event_id"]: one["duplicate_of"] for one in made.dropped if "duplicate_of" in one}
        dropped += [{**one, "stage": name} for one in made.dropped]
        kept = made.kept
    begun = time.perf_counter()
    content = content_of(kept, dropped, recipe)
    took["split"] = round(time.perf_counter() - begun, 2)
    return owners, {"stages_s": took, "examples": content.examples}


def _semhash(rows: Sequence[Row], threshold: float, model: str) -> tuple[Owners, dict[str, Any]]:
    from model2vec import StaticModel
    from semhash import SemHash

    encoder = StaticModel.from_pretrained(model)
    records = [{"text": text_of(row), "id": row["event_id"]} for row in rows]
    found = SemHash.from_records(records, columns=["text"], model=encoder).self_deduplicate(threshold)
    return {one.record["id"]: one.duplicate_of["id"] for one in found.filtered}, {}


ENGINES: Mapping[str, Callable[[Sequence[Row], float, str], tuple[Owners, dict[str, Any]]]] = {
    "dedup": _dedup,
    "pipeline": _pipeline,
    "semhash": _semhash,
}


def judged(rows: Sequence[Row], owners: Owners) -> dict[str, Any]:
    """``recall``: of the members of a group but one, how many were left out; also of those of each kind.
    ``precision``: of those left out, how many were for a member of their own group."""
    group = {row["event_id"]: row["context"]["group"] for row in rows}
    sizes: dict[int, int] = {}
    left: dict[int, int] = {}
    for event, number in group.items():
        sizes[number] = sizes.get(number, 0) + 1
        left[number] = left.get(number, 0) + (event in owners)
    found = sum(min(left[number], size - 1) for number, size in sizes.items())
    right = sum(group[event] == group[owner] for event, owner in owners.items())
    kinds: dict[str, list[bool]] = {}
    for row in rows:
        kinds.setdefault(row["context"]["planted"], []).append(row["event_id"] in owners)
    return {
        "left_out": len(owners),
        "recall": found / sum(size - 1 for size in sizes.values()),
        "precision": right / len(owners) if owners else 1.0,
        "left_out_of": {kind: sum(some) / len(some) for kind, some in sorted(kinds.items())},
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
