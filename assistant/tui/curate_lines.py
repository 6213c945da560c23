"""A curation in lines: its stages, what it leaves out and for what. Pure functions.

Invariant: requests, arguments, reasons and what a job said are made inert here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assistant.curate_desk import Seen, Trial
from assistant.curate_text import cluster_figures
from assistant.job_text import progress_line
from assistant.text_safety import clean, clean_line
from assistant.tui.widgets.row_table import Column, TableRow
from training.jobs.base import ACTIVE, JobState

if TYPE_CHECKING:
    from training.curation.draft import Draft

COLUMNS = (
    Column("WHY", 9),
    Column("TOOL", 13),
    Column("LEFT OUT"),
    Column("FOR", from_width=70),
)
NO_DRAFT = "No draft yet: 1 makes one."
KEPT = "kept"
MOST_ROWS = 5_000
_MOST_TOOLS = 6


def stage_lines(seen: Seen) -> str:
    """How the newest curation stands: its progress, each stage as it ends, then its figures."""
    job = seen.job
    if job is None:
        return NO_DRAFT
    said = job.error or (progress_line(job) if job.state in ACTIVE else "")
    head = clean_line("  ".join(part for part in (job.spec.title, str(job.state), said) if part), 300)
    lines = [head, "", *(_stage(note) for note in seen.notes)]
    if job.state == JobState.DONE:
        lines += ["", *(clean_line(one) for one in _ended(job.result)), cluster_figures(job.result)]
    return "\n".join(lines).rstrip()


def trial_line(trial: Trial | None, draft: "Draft | None") -> str:
    """What the threshold leaves out."""
    if draft is None:
        return NO_DRAFT
    if trial is None:
        return "…"
    share = len(trial.pairs) / trial.decisions if trial.decisions else 0.0
    of = f" (drawn from {trial.whole:,})" if trial.whole > trial.decisions else ""
    tools = [
        f"{clean_line(tool, 20)} {kept:,}/{count:,}" for tool, (kept, count) in list(trial.tools.items())
    ]
    more = f" +{len(tools) - _MOST_TOOLS}" if len(tools) > _MOST_TOOLS else ""
    return (
        f"threshold {trial.threshold:.2f}: {len(trial.pairs):,} of {trial.decisions:,}{of} are duplicates "
        f"({share:.1%}), {trial.kept:,} stay\n{'  '.join(tools[:_MOST_TOOLS])}{more}"
    )


def dropped_rows(trial: Trial, draft: "Draft", keep: frozenset[str]) -> list[TableRow]:
    """Duplicates, the least alike first; those that a person keeps; then what other stages left out."""
    rows = [_row(draft, name, KEPT, "", "good") for name in sorted(keep)]
    rows += [_row(draft, name, f"{cosine:.3f}", other) for name, other, cosine in trial.pairs[:MOST_ROWS]]
    rest = draft.dropped[: max(0, MOST_ROWS - len(rows))]
    rows += [_row(draft, str(one["event_id"]), str(one["stage"]), "", "muted") for one in rest]
    return rows


def side(facts: Mapping[str, Any] | None) -> str:
    """A decision in full: what was asked, what was called."""
    if facts is None:
        return ""
    arguments = facts["arguments"]
    called = [f"  {clean_line(name, 40)}: {_value(value)}" for name, value in arguments.items()]
    return "\n".join(
        [
            clean(str(facts["request"])),
            "",
            f"{clean_line(str(facts['chosen']), 60)}"
            + (f", right: {right}" if (right := _right(facts)) else ""),
            *called,
            "",
            *_label(facts),
            clean_line(f"quality {facts['quality']:g}, session {facts['session_id']}", 200),
            clean_line(f"{facts['timestamp']}  {facts['event_id']}", 200),
        ]
    )


def reason_of(draft: "Draft", name: str) -> str:
    """Why another stage than that of the duplicates left it out."""
    said = next((one for one in draft.dropped if one["event_id"] == name), None)
    return clean_line(f"{said['stage']}: {said['reason']}", 300) if said else ""


def _row(draft: "Draft", name: str, why: str, other: str, tone: str = "") -> TableRow:
    facts, beside = draft.facts.get(name, {}), draft.facts.get(other, {})
    cells = (why, str(facts.get("tool", "")), str(facts.get("request", name)), str(beside.get("request", "")))
    return TableRow(name, tuple(clean_line(cell, 200) for cell in cells), ((0, tone),) if tone else ())


def _right(facts: Mapping[str, Any]) -> str:
    return clean_line(str(facts["tool"]), 60) if facts["tool"] != facts["chosen"] else ""


def _label(facts: Mapping[str, Any]) -> list[str]:
    """Who was right, and how that is known; older drafts do not hold it."""
    label = facts.get("label")
    if not isinstance(label, Mapping):
        return []
    return [clean_line(f"label {label['source']} {label['strength']:g}: {label['why']}", 200)]


def _value(value: Any) -> str:
    return clean(value if isinstance(value, str) else json.dumps(value, default=str))


def _stage(note: str) -> str:
    name, found, rest = clean_line(note, 300).partition(": ")
    return f"{name:9} {rest}" if found else name


def _ended(result: Mapping[str, Any]) -> Sequence[str]:
    if "dataset" in result:
        return (
            f"dataset {result['dataset']}: {result['examples']:,} examples in {result['folder']}",
            f"TRAINING_DATA_CURATED is in the log, distillation_training_data {result['product']} in force",
            "/train trains on it",
        )
    return (f"a draft of {result['examples']:,} examples; 3 shows what was left out, a accepts it",)
