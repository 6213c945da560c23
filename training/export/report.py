"""What the gate found of an export: as JSON, and on one page."""

from collections.abc import Sequence
from typing import Any

from training.export.evidence import Evidence
from training.export.gate import Verdict
from training.export.order import ExportOrder
from training.registry.base import Gate
from training.registry.promotion import MORE_HELD_OUT, UNPROVED, not_enough

SCHEMA = 1


def report(
    verdicts: Sequence[Verdict], evidence: Evidence, asked: ExportOrder, seconds: float
) -> dict[str, Any]:
    """``verdicts`` in the order in which they were come to; the last is that of the file that was kept.

    ``gate`` is what the registry keeps. Where a file passed every check on too little, ``missing`` says what
    would be enough.
    """
    kept, enough = verdicts[-1], evidence.proves(asked.least_decisions)
    gate: Gate = "failed" if not kept.passed else "passed" if enough else UNPROVED
    held_out = evidence.decisions if evidence.held_out else 0
    missing = "" if enough else f"{not_enough(held_out, asked.least_decisions)}; {MORE_HELD_OUT}"
    return {
        "schema_version": SCHEMA,
        "form": asked.form,
        "quantisation": kept.quantisation,
        "passed": gate == "passed",
        "gate": gate,
        "missing": missing,
        "sha256": kept.sha256,
        "examples": len(evidence.spoken),
        "decisions": evidence.decisions,
        "least_decisions": asked.least_decisions,
        "held_out": evidence.held_out,
        "prompts": len(evidence.prompts),
        "seconds": round(seconds, 1),
        "verdicts": [one.as_json() for one in verdicts],
    }


def page(found: dict[str, Any], name: str) -> str:
    """The report as text."""
    passed = "passed" if found["passed"] else "NOT PASSED"
    if found.get("gate") == UNPROVED:
        passed = UNPROVED.upper()
    kind = "examples that were held out" if found["held_out"] else "examples that it was trained on"
    lines = [
        f"Conversion gate: {name} ({found['form']}, {found['quantisation']}) {passed}",
        f"judged on {found['examples']} {kind}{_decisions(found)}, {found['prompts']} prompts, "
        f"{found['seconds']:g} s",
        *([found["missing"]] if found.get("missing") else []),
    ]
    for verdict in found["verdicts"]:
        lines += ["", f"{verdict['file']} in {verdict['quantisation']}"]
        lines += [_line(number, one) for number, one in enumerate(verdict["checks"], 1)]
        lines += [f"   note: {verdict['fallback']}"] if verdict["fallback"] else []
    return "\n".join(lines) + "\n"


def _decisions(found: dict[str, Any]) -> str:
    """How many decisions they hold; reports of older versions do not say it."""
    return f" with {found['decisions']} decisions" if "decisions" in found else ""


def _line(number: int, check: dict[str, Any]) -> str:
    verdict = "ok" if check["passed"] else "FAILS"
    figure = check["figure"] if isinstance(check["figure"], str) else f"{check['figure']:g}"
    said = f"; {check['said']}" if check["said"] else ""
    return f"   {number} {check['name']:<15} {verdict:<5} {figure[:12]:>12}   {check['bound']}{said}"
