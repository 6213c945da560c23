"""The person's own decisions as cases that two students are compared on.

Invariant: what either of the two has seen in training judges neither. Where the run that made a student is
gone, only decisions since that student count; where a run that it went on from is gone, its are not known.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.comparing import Side
    from assistant.settings import Settings
    from training.datasets.example import Example
    from training.evaluation.cases import Case
    from training.finetune.order import Order
    from training.registry import Registered, Registry

OWN = "own decisions of the log"
Row = Mapping[str, Any]


class NoReplays(Exception):
    """The log holds nothing to compare students on: one line."""


def own_replays(settings: "Settings", registry: "Registry", sides: "Sequence[Side]") -> "tuple[Case, ...]":
    """What both students may be judged on. Raises NoReplays, EventLogError."""
    from assistant import paths
    from training.evaluation.replays import replays
    from training.events import open_log
    from training.events.decisions import history
    from training.registry.comparisons import RAW

    with closing(open_log(settings.events.url or paths.events_dir(), create=False)) as log:
        rows: list[Row] = list(history(log))
    total = len(rows)
    for side in sides:
        if side.id != RAW:
            rows = unseen(rows, registry.get(side.id), registry, paths.jobs_dir())
    cases = replays(rows)
    if not cases:
        raise NoReplays(
            f"of {total:,} decisions in the log none tells what is right and was not learned from; "
            "work with the assistant a while, review what it did, or name a file of cases"
        )
    return cases


def unseen(rows: Sequence[Row], student: "Registered", registry: "Registry", jobs: Path) -> list[Row]:
    """Those that a student has not seen, with the whole session where it saw one of it."""
    from training.evaluation.replays import not_in
    from training.events.views import moment_of

    run = jobs / student.manifest.lineage.run_id
    if student.manifest.lineage.run_id and run.is_dir():
        return not_in(rows, _seen(run, registry, jobs))
    created = moment_of(student.manifest.created)
    assert created is not None, "a manifest is refused that has none"
    return [row for row in rows if (moment := moment_of(row["timestamp"])) is not None and moment > created]


def _seen(run: Path, registry: "Registry", jobs: Path) -> "list[Example]":
    """The examples of a run and of those that it goes on from, as far as they are there."""
    from training.datasets.example import ExampleError, read
    from training.export.naming import ExportError
    from training.export.source import read_run, run_id

    found: list[Example] = []
    known, left = set[Path](), [run]
    while left:
        run = left.pop()
        if run in known or not run.is_dir():
            continue
        known.add(run)
        try:
            order = read_run(run).order
            found += [one for path in order.files.all() for one in read(path)]
            left += _before(order, registry, jobs)
        except (ExportError, ExampleError, OSError) as error:
            raise NoReplays(f"what {run_id(run)} learned from cannot be read: {error}") from None
    return found


def _before(order: "Order", registry: "Registry", jobs: Path) -> list[Path]:
    """The runs whose weights a run goes on from: that of a student, those of a mean. Raises ExportError."""
    from training.export.mean import runs_of

    start = order.start
    if start is None:
        return []
    if start.suffix != ".gguf":
        return [start.parents[1]]
    digest = order.digests.get(str(start))
    students = [one for one in registry.all() if one.adapter_sha256 == digest]
    runs: Sequence[str] = [one.manifest.lineage.run_id for one in students]
    if not students and start.is_file():
        runs = runs_of(start)
    return [jobs / run for run in runs if run]
