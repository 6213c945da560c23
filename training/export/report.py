"""What the gate found of an export: as JSON, and on one page."""

from collections.abc import Sequence
from typing import Any

from training.export.evidence import Evidence
from training.export.gate import Verdict

SCHEMA = 1


def report(verdicts: Sequence[Verdict], evidence: Evidence, form: str, seconds: float) -> dict[str, Any]:
    """``verdicts`` in the order in which they were come to; the last is that of the file that was kept."""
    kept = verdicts[-1]
    return {
        "schema_version": SCHEMA,
        "form": form,
        "quantisation": kept.quantisation,
        "passed": kept.passed,
        "sha256": kept.sha256,
        "examples": len(evidence.spoken),
        "held_out": evidence.held_out,
        "prompts": len(evidence.prompts),
        "seconds": round(seconds, 1),
        "verdicts": [one.as_json() for one in verdicts],
    }


def page(found: dict[str, Any], name: str) -> str:
    """The report as text."""
    passed = "passed" if found["passed"] else "NOT PASSED"
    kind = "examples that were held out" if found["held_out"] else "examples that it was trained on"
    lines = [
        f"Conversion gate: {name} ({found['form']}, {found['quantisation']}) {passed}",
        f"{found['examples']} {kind}, {found['prompts']} prompts, {found['seconds']:g} s",
    ]
    for verdict in found["verdicts"]:
        lines += ["", f"{verdict['file']} in {verdict['quantisation']}"]
        lines += [_line(number, one) for number, one in enumerate(verdict["checks"], 1)]
        lines += [f"   note: {verdict['fallback']}"] if verdict["fallback"] else []
    return "\n".join(lines) + "\n"


def _line(number: int, check: dict[str, Any]) -> str:
    verdict = "ok" if check["passed"] else "FAILS"
    figure = check["figure"] if isinstance(check["figure"], str) else f"{check['figure']:g}"
    said = f"; {check['said']}" if check["said"] else ""
    return f"   {number} {check['name']:<15} {verdict:<5} {figure[:12]:>12}   {check['bound']}{said}"
