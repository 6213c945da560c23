"""Trained students as plain text and as JSON. Names and reports come from files and are made inert here."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from assistant.cli.decision_tables import align, local_time
from assistant.text_safety import clean, clean_line

if TYPE_CHECKING:
    from training.registry import Registered, Registry

Facts = dict[str, Any]
NOTHING = "no trained students yet; apprentice train run makes one"


def facts(student: "Registered") -> Facts:
    """Everything that the registry knows of one."""
    manifest = student.manifest.model_dump()
    return {**manifest, "state": student.state.value, "shipped": student.shipped, "path": str(student.folder)}


def table(found: "Sequence[Registered]", unreadable: Sequence[Path]) -> str:
    """A line per student."""
    rows = [("ID", "NAME", "STATE", "BASE", "FORM", "GATE", "MADE")]
    rows += [
        (
            one.id,
            clean_line(one.name, 40),
            one.state.value + (" (shipped)" if one.shipped else ""),
            clean_line(one.manifest.base.model, 40),
            one.manifest.quantisation or "adapter",
            one.manifest.gate,
            local_time(one.manifest.created),
        )
        for one in found
    ]
    lines = [align(rows)] if found else [NOTHING]
    return "\n".join([*lines, *(f"damaged: {clean_line(str(path), 200)}" for path in unreadable)])


def report_of(student: "Registered") -> Any:
    """The report of the conversion gate, as JSON; None where there is none."""
    from training.registry.base import REPORT

    try:
        return orjson.loads((student.folder / REPORT).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None


def whole_facts(registry: "Registry", student: "Registered") -> Facts:
    """The same with its history, its report and its comparisons. Raises RegistryError."""
    from training.registry.comparisons import comparisons_of

    history = [one for one in registry.deployments().history if student.id in (one.student, one.before)]
    known = {**facts(student), "history": [one.model_dump() for one in history]}
    return known | {"report": report_of(student), "comparisons": comparisons_of(registry, student.id)}


def lineage(student: "Registered", known: Facts) -> str:
    """A field per line, the files, the gate, the history."""
    manifest = student.manifest
    came, base = manifest.lineage, manifest.base
    fields = [
        ("id", student.id),
        ("name", student.name),
        ("state", student.state.value),
        ("made", local_time(manifest.created)),
        (
            "base",
            f"{base.name or base.model} ({base.license or 'licence not said'}), sha256 {base.sha256[:12]}",
        ),
        ("calling format", str(manifest.call_format)),
        ("quantisation", manifest.quantisation or "that of the base"),
        ("data", came.dataset_id),
        ("run", came.run_id),
        ("goes on from", came.start and f"an adapter, sha256 {came.start}"),
        ("commit", came.commit),
        ("seed", "" if came.seed is None else str(came.seed)),
        ("settings", ", ".join(f"{name} {value}" for name, value in came.settings.items())),
        ("figures", ", ".join(_figure(name, value) for name, value in manifest.metrics.items())),
        ("gate", manifest.gate),
    ]
    parts = [align([(f"{name}:", clean_line(value, 400)) for name, value in fields if value])]
    parts.append(align([("FILE", "BYTES", "SHA256"), *_files(student)]))
    if known["report"]:
        from training.export.report import page

        parts.append(clean(page(known["report"], student.name)).rstrip())
    if known["comparisons"]:
        said = [(name, clean_line(one["said"], 200)) for name, one in known["comparisons"].items()]
        parts.append(align([("AGAINST", "VERDICT"), *said]))
    if known["history"]:
        rows = [(local_time(one["at"]), one["action"], one["student"] or "base") for one in known["history"]]
        parts.append(align([("WHEN", "WHAT", "STUDENT"), *rows]))
    return "\n\n".join(parts)


def comparison(found: Facts) -> str:
    """A line per measure, and the verdict."""
    rows = [("MEASURE", found["candidate"], found["other"], "DIFF", "95 %", "P")]
    rows += [
        (
            one["name"],
            f"{one['candidate']:.1%}",
            f"{one['other']:.1%}",
            f"{100 * one['difference']:+.1f}",
            f"{100 * one['low']:+.1f} to {100 * one['high']:+.1f}",
            f"{one['chance']:.1g}",
        )
        for one in found["shares"]
    ]
    if timed := found["speed"]:
        times = (f"{timed['candidate']:.0f}", f"{timed['other']:.0f}", f"x {timed['ratio']:.2f}")
        rows.append(("ms per decision", *times, f"x {timed['low']:.2f} to x {timed['high']:.2f}", ""))
    heading = clean_line(f"{found['cases']} cases of {found['source']}")
    return "\n\n".join([heading, align(rows), clean_line(found["said"], 200)])


def _files(student: "Registered") -> list[tuple[str, str, str]]:
    files = student.manifest.files.items()
    return [(clean_line(name, 40), f"{one.bytes:,}", one.sha256) for name, one in files]


def _figure(name: str, value: Any) -> str:
    return f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}"
