"""Datasets and curations as plain text. Texts from the log are made inert here."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from assistant.cli.decision_tables import align, local_time
from assistant.curate_text import cluster_figures
from assistant.job_text import line
from assistant.text_safety import clean_line, visible

if TYPE_CHECKING:
    from training.datasets.manifest import DatasetManifest
    from training.jobs.base import Job

Facts = Mapping[str, Any]
_CELL = 44


def ended(job: "Job") -> str:
    """What came of a curation: each stage, and where the dataset is."""
    if job.state != "done":
        return visible(line(job))
    rows = [("STAGE", "BEFORE", "AFTER")]
    rows += [(one["name"], f"{one['before']:,}", f"{one['after']:,}") for one in job.result["stages"]]
    said = f"a draft of {job.result['examples']:,} examples; nothing is published"
    if "dataset" in job.result:
        where = job.result["folder"]
        said = f"dataset {job.result['dataset']}: {job.result['examples']:,} examples in {where}"
    return "\n".join(part for part in (align(rows), cluster_figures(job.result), visible(said)) if part)


def table(found: "Sequence[DatasetManifest]") -> str:
    """A line for each dataset."""
    if not found:
        return "no dataset yet; make one: apprentice data curate"
    rows: list[Sequence[str]] = [
        ("DATASET", "EXAMPLES", "TRAIN", "VALIDATION", "TEST", "NEGATIVES", "OF", "MADE")
    ]
    for one in found:
        names = ("train", "validation", "test", "negatives")
        lines = [one.files.get(f"{name}.jsonl") for name in names]
        counts = [f"{facts.lines:,}" if facts else "-" for facts in lines]
        whole = f"{one.origin.events.get('decisions', 0):,}"
        rows.append((one.id, f"{one.examples:,}", *counts, whole, local_time(one.created)))
    return align(rows)


def detail(facts: Facts) -> str:
    """Everything that is known of a dataset."""
    lines = [f"{name}: {clean_line(_said(facts[name]))}" for name in ("id", "created", "folder")]
    files = (f"{name} ({one['lines']:,})" for name, one in facts["files"].items())
    lines.append(f"files: {', '.join(files)}")
    lines += [f"{name}: {clean_line(_said(value))}" for name, value in facts["origin"].items() if value]
    lines += [f"{name}: {clean_line(_said(value))}" for name, value in facts["figures"].items()]
    lines.append(f"code: {clean_line(_said(facts['code']))}")
    for stage in facts["stages"]:
        lines.append(f"{stage['name']}: {stage['before']:,} to {stage['after']:,}")
        lines += [f"  {count:,} {clean_line(why)}" for why, count in stage.get("reasons", {}).items()]
        if figures := cluster_figures(stage.get("facts", {})):
            lines.append(f"  {figures}")
    if facts["damage"]:
        lines.append(f"damaged: {clean_line(facts['damage'])}")
    return "\n".join(lines)


def left_out(dropped: Facts, find: Callable[[str], Facts | None]) -> dict[str, Any]:
    """What was left out, with what was asked and called, and the same of what it duplicates."""
    shown = {**dropped, "decision": _decision(find(dropped["event_id"]))}
    if other := dropped.get("duplicate_of"):
        shown["other"] = _decision(find(other))
    return shown


def left_out_table(shown: Sequence[Facts]) -> str:
    """What was left out beside what it was left out for."""
    if not shown:
        return "nothing was left out"
    rows: list[Sequence[str]] = [("EVENT", "STAGE", "WHY", "LEFT OUT", "FOR")]
    for one in shown:
        why = f"{one['similarity']:.3f}" if "similarity" in one else one["reason"]
        cells = (one["event_id"], one["stage"], why, _line(one["decision"]), _line(one.get("other")))
        rows.append([clean_line(cell, _CELL) for cell in cells])
    return align(rows)


def difference(found: Facts) -> str:
    counts = found["examples"]
    lines = [
        f"{found['before']} to {found['after']}: {counts['before']:,} to {counts['after']:,} examples, "
        f"{counts['added']:,} added, {counts['removed']:,} removed, {len(found['moved']):,} in another split"
    ]
    for name in ("tools", "origin"):
        lines += [
            f"{name} {clean_line(key)}: {clean_line(_said(before))} to {clean_line(_said(after))}"
            for key, (before, after) in found[name].items()
        ]
    for sign, name in (("+", "added"), ("-", "removed")):
        lines += [clean_line(f"{sign} {one['request']} ({', '.join(one['tools'])})") for one in found[name]]
    return "\n".join(lines)


def _decision(row: Facts | None) -> dict[str, Any] | None:
    if row is None:
        return None
    context = row["context"] if isinstance(row["context"], Mapping) else {}
    return {
        "request": context.get("request"),
        "tool": row["tool_selected"],
        "arguments": row["tool_parameters"],
        "session_id": row["session_id"],
    }


def _line(decision: Facts | None) -> str:
    if decision is None:
        return "-"
    return f"{decision['request']} > {decision['tool']} {_said(decision['arguments'])}"


def _said(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
