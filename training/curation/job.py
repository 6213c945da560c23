"""A curation as a job: decisions of the log through the stages, into a dataset that is published.

Invariant: a job that is resumed gives the dataset that it would have given. Nothing is published before every
gate was passed, and nothing of a draft.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from training.curation import engine
from training.curation.base import CurationError
from training.curation.checkpoints import Checkpoints
from training.curation.draft import DRAFT, write_draft
from training.curation.gates import check_examples, check_stage
from training.curation.judgements import read_judgements, with_judgements
from training.curation.making import Content, content_of, origin_of
from training.curation.order import Order
from training.curation.publishing import publish
from training.curation.stages import STAGES, Dropped, Made, Row, Workshop
from training.datasets.manifest import DatasetError, DatasetManifest
from training.datasets.store import DatasetStore
from training.events import EventLog, EventLogError, open_log
from training.events.decisions import history
from training.finetune.provenance import provenance
from training.jobs.base import JobError, Reporter
from training.products.base import ProductError

_REASONS = 8
"""Reasons shown of a stage; all are in the dataset's list of what was left out."""
_STEPS = len(STAGES) + 3


def work(reporter: Reporter) -> Mapping[str, Any]:
    """Carry out the ``Order`` in the arguments. Raises JobError, training.jobs.base.Cancelled."""
    asked = Order.model_validate(reporter.arguments)
    try:
        with _opened(asked) as log, engine.opened(asked.engine) as where:
            return _curated(asked, log, reporter, Workshop(asked.recipe, asked.cache, where))
    except (CurationError, DatasetError, EventLogError, ProductError) as error:
        raise JobError(str(error)) from None
    except OSError as error:
        raise JobError(
            f"{error.filename or reporter.folder}: {error.strerror}; make room, then resume"
        ) from None


def _curated(asked: Order, log: EventLog, reporter: Reporter, shop: Workshop) -> dict[str, Any]:
    checkpoints = Checkpoints(reporter.folder)
    said = read_judgements(asked.judged)
    rows: Sequence[Row] = checkpoints.rows(lambda: with_judgements(history(log), said))
    judged = f", {len(said.keys() & {row['event_id'] for row in rows}):,} of them judged by teachers"
    reporter.note(f"{len(rows):,} decisions in the log{judged if said else ''}")
    reporter.progress(1, _STEPS, "steps")
    reports: list[dict[str, Any]] = []
    dropped: list[Dropped] = []
    matched = known = rows
    for number, (name, stage) in enumerate(STAGES.items(), 2):
        made = checkpoints.stage(name, rows, partial(stage, rows, shop))
        reports.append(_report(name, rows, made))
        _say(reports[-1], reporter)
        check_stage(reports[-1], asked.recipe.gates)
        dropped += [{**one, "stage": name} for one in made.dropped]
        rows = made.kept
        matched = rows if name == "filter" else matched
        known = rows if name == "label" else known
        reporter.progress(number, _STEPS, "steps")
    content = content_of(rows, dropped, asked.recipe)
    check_examples(content.examples, asked.recipe.gates)
    reports.append(dict(content.report))
    if asked.draft or asked.map:
        with reporter.output(DRAFT) as folder:
            write_draft(folder, known, matched, dropped, shop)
    if asked.draft:
        _say(reports[-1], reporter)
        reporter.progress(_STEPS, _STEPS, "steps")
        return {"draft": DRAFT, "examples": content.examples, **_result(reports)}
    manifest = _written(asked, content, reports, matched)
    _say(reports[-1], reporter)
    reporter.progress(_STEPS - 1, _STEPS, "steps")
    version = publish(log, manifest, content.taken, asked.products)
    reporter.progress(_STEPS, _STEPS, "steps")
    return {
        "dataset": manifest.id,
        "folder": str(asked.datasets / manifest.id),
        "examples": manifest.examples,
        "product": version,
        **_result(reports),
    }


def _written(
    asked: Order, content: Content, reports: Sequence[dict[str, Any]], matched: Sequence[Row]
) -> DatasetManifest:
    return DatasetStore(asked.datasets).add(
        content.files,
        origin_of(matched, asked.recipe),
        stages=reports,
        figures=content.figures,
        code=provenance(),
    )


def _result(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What each stage took and left; how well the clusters are apart, and what those chosen show of all."""
    chosen = next(one["facts"] for one in reports if one["name"] == "select")
    return {
        "stages": [{key: one[key] for key in ("name", "before", "after")} for one in reports],
        "silhouette": chosen.get("silhouette"),
        "diversity": chosen.get("diversity", {}),
    }


def _report(name: str, rows: Sequence[Row], made: Made) -> dict[str, Any]:
    reasons = Counter(str(one["reason"]) for one in made.dropped)
    return {
        "name": name,
        "before": len(rows),
        "after": len(made.kept),
        "reasons": dict(reasons.most_common(_REASONS)),
        "facts": dict(made.facts),
    }


def _say(report: Mapping[str, Any], reporter: Reporter) -> None:
    sources = report.get("facts", {}).get("sources", {})
    known = [", ".join(f"{source} {count:,}" for source, count in sources.items())] if sources else []
    reasons = list(report.get("reasons", {}).items())[:3]
    why = "; ".join([*known, *(f"{count:,} {reason}" for reason, count in reasons)])
    reporter.note(
        f"{report['name']}: {report['before']:,} to {report['after']:,}" + (f" ({why})" if why else "")
    )


@contextmanager
def _opened(asked: Order) -> Iterator[EventLog]:
    log = open_log(asked.log, create=False)
    try:
        yield log
    finally:
        log.close()
