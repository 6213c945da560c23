"""What calibration is kept as, and what a bound on the calibrated confidence would do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Prompt
from training.evaluation.calibration import Calibrated
from training.evaluation.cases import Case, fingerprint
from training.evaluation.report import Result, name_right
from training.student import temperatures
from training.student.confidence import confidence_of
from training.student.other_tools import for_tools
from training.student.settings import StudentSettings
from training.student.temperatures import Temperature

BOUNDS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def keep_fitted(
    fitted: Calibrated, cases: Sequence[Case], settings: StudentSettings, prompt: Prompt
) -> Temperature:
    """Kept for the student under every prompt that the cases' tools made of ``prompt``.

    Raises OSError or ModelFileError.
    """
    kept = Temperature(
        temperature=fitted.temperature,
        decisions=fitted.decisions,
        ece_before=fitted.ece_before,
        ece_after=fitted.ece_after,
        cases=fingerprint(cases),
        fitted_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    shown = (for_tools(prompt, case.offered()) for case in cases)
    for one in {temperatures.prompt_fingerprint(one): one for one in shown}.values():
        temperatures.keep(kept, settings, one)
    return kept


def thresholds(found: Sequence[Result], temperature: float) -> list[dict[str, Any]]:
    """For each value of ``student.ask_below``: the share of the calls that would become questions, and the
    share of the calls left that have the right tool (None where none is left)."""
    calls = [
        (confidence_of(one.made.branches, temperature), name_right(one))
        for one in found
        if one.made.branches and one.made.chosen != ANSWER
    ]
    rows = []
    for bound in BOUNDS:
        left = [right for confidence, right in calls if confidence >= bound]
        rows.append(
            {
                "ask_below": bound,
                "asked": round(1 - len(left) / len(calls), 4) if calls else None,
                "right": round(sum(left) / len(left), 4) if left else None,
            }
        )
    return rows
