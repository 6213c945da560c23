"""Evaluations as plain text, and every decision of one as JSON lines.

Invariant: requests, calls and answers are foreign text; they are made inert before they are shown.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from assistant.cli.decision_tables import align
from assistant.text_safety import clean_line
from training.evaluation.predictions import to_dict
from training.evaluation.report import Result

Facts = dict[str, Any]
SHOWN_FAILURES = 10


def report_text(facts: Facts) -> str:
    """The figures, the groups, and the first of what was wrong."""
    parts = [heading(facts), _figures(facts), _groups("EXPECTED", facts["tools"])]
    if len(facts["tags"]) > 1:
        parts.append(_groups("TAG", facts["tags"]))
    if facts["failures"]:
        parts.append(_failures(facts["failures"]))
    return "\n\n".join(parts)


def calibration_text(facts: Facts) -> str:
    """The fit, and what a bound would do."""
    rows = [("ASK BELOW", "CALLS ASKED", "RIGHT OF THE REST")]
    rows += [
        (f"{one['ask_below']:.1f}", share_text(one["asked"]), share_text(one["right"]))
        for one in facts["thresholds"]
    ]
    lines = [
        f"temperature {facts['temperature']:.2f}, fitted to {facts['decisions']} decisions",
        f"expected calibration error {facts['ece_before']:.3f} before, {facts['ece_after']:.3f} after",
        "it is used from the student's next start on; to be asked instead of guessed at:",
        "  apprentice config set student.ask_below BOUND",
    ]
    return "\n\n".join([heading(facts), "\n".join(lines), align(rows)])


def consistency_text(facts: Facts) -> str:
    """The shares, and what was not decided the same."""
    asks, groups, orders = facts["asks"], facts["groups"], facts["orders"]
    rows = [
        ("", "OF", "SAME", "RIGHT"),
        ("asks", str(facts["cases"]), share_text(asks["same"]), share_text(asks["right"])),
        ("groups, all asks", str(groups["count"]), share_text(groups["same"]), share_text(groups["right"])),
        (
            "requests, all orders",
            str(orders["count"]),
            share_text(orders["same"]),
            share_text(orders["right"]),
        ),
    ]
    parts = [heading(facts), align(rows)]
    if facts["failures"]:
        parts.append(_inconsistent(facts["failures"]))
    return "\n\n".join(parts)


def _inconsistent(failures: Sequence[Facts]) -> str:
    lines = [f"{len(failures)} groups were not decided the same"]
    for one in failures[:SHOWN_FAILURES]:
        decided = "; ".join(f"{each['asks']} x {each['decision']}" for each in one["decisions"])
        lines.append(f"{clean_line(one['group'], 40)}: {clean_line(decided, 160)}")
    more = len(failures) - SHOWN_FAILURES
    return "\n".join([*lines, f"and {more} more; --json has all of them"] if more > 0 else lines)


def write_decisions(target: Path, found: Sequence[Result]) -> None:
    """A line for each case. Raises OSError."""
    verdicts = ({"tool": one.verdict.tool, "call": one.verdict.call, "why": one.verdict.why} for one in found)
    write_lines(
        target, ({**to_dict(one.made), "verdict": said} for one, said in zip(found, verdicts, strict=True))
    )


def write_lines(target: Path, lines: Iterable[Facts]) -> None:
    """JSON lines, in one file that is there whole or not at all. Raises OSError."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    with fresh.open("wb") as file:
        for one in lines:
            file.write(orjson.dumps(one) + b"\n")
    fresh.replace(target)


def heading(facts: Facts) -> str:
    """Who was evaluated on what."""
    adapter = f" + {facts['adapter']}" if facts["adapter"] else ""
    return clean_line(f"{facts['model']}{adapter} on {facts['source']}, tools offered: {facts['selection']}")


def _figures(facts: Facts) -> str:
    spans = {name: span_text(facts[f"{name}_95"]) for name in ("tool_accuracy", "call_accuracy")}
    rows = [
        ("cases", str(facts["cases"]), ""),
        ("right tool", share_text(facts["tool_accuracy"]), spans["tool_accuracy"]),
        ("right call", share_text(facts["call_accuracy"]), spans["call_accuracy"]),
    ]
    if "bfcl_accuracy" in facts:
        rows.append(("right by BFCL", share_text(facts["bfcl_accuracy"]), ""))
    rows += [
        ("restraint", share_text(facts["restraint"]), "answered where an answer is right"),
        ("parse rate", share_text(facts["parse_rate"]), "a whole call or an answer"),
        ("confidence off by", _number(facts["ece"]), f"{_number(facts['ece_uncalibrated'])} as decoded"),
        ("ms per decision", _latency(facts["latency_ms"]), "p50, p95, p99"),
        ("prompt tokens", str(facts["prompt_tokens"]), ""),
    ]
    return align(rows)


def _groups(head: str, groups: Facts) -> str:
    rows = [(head, "CASES", "TOOL", "CALL")]
    rows += [
        (
            clean_line(name, 40),
            str(one["cases"]),
            share_text(one["tool_accuracy"]),
            share_text(one["call_accuracy"]),
        )
        for name, one in groups.items()
    ]
    return align(rows)


def _failures(failures: Sequence[Facts]) -> str:
    shown = [
        f"{clean_line(one['id'], 40)}: {clean_line(one['request'], 80)}\n    {clean_line(one['why'], 160)}"
        for one in failures[:SHOWN_FAILURES]
    ]
    more = len(failures) - len(shown)
    lines = [f"{len(failures)} wrong", *shown]
    return "\n".join([*lines, f"and {more} more; --json and --output have all of them"] if more else lines)


def share_text(value: float | None) -> str:
    """In per cent."""
    return "-" if value is None else f"{value * 100:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def span_text(bounds: Sequence[float]) -> str:
    """An interval in per cent."""
    return f"{bounds[0] * 100:.1f} to {bounds[1] * 100:.1f} %"


def _latency(values: Facts) -> str:
    return ", ".join("-" if value is None else f"{value:.0f}" for value in values.values())
