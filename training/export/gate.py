"""The conversion gate: whether a file that was exported is the student that was trained.

Eight checks, none of which is left out: token ids, prompts, agreement, decisions, training is in, end token,
size, sha256. A verdict has a figure for each. A file that fails by counts of examples alone is judged
once more, on more of them: of few, two decisions that chance turned are already too many.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.export import checks
from training.export.adapter import AdapterType
from training.export.checks import Check
from training.export.evidence import Evidence
from training.export.prompts import prompt_checks
from training.export.quantise import Quantisation, fallbacks
from training.export.traces import Said, trace_gguf

NUMBER = 8
COUNTED = frozenset({"agreement", "decisions", "end token"})
"""The checks that more examples may turn."""


@dataclass(frozen=True)
class Verdict:
    """Of one file. ``fallback`` says what llama.cpp stored in another type than was asked for."""

    file: str
    quantisation: Quantisation
    checks: tuple[Check, ...]
    fallback: str = ""

    @property
    def passed(self) -> bool:
        return len(self.checks) == NUMBER and all(one.passed for one in self.checks)

    @property
    def sha256(self) -> str:
        return str(self.checks[-1].figure)

    @property
    def failed(self) -> list[str]:
        """The names of the checks that were not passed."""
        return [one.name for one in self.checks if not one.passed]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


class Gate:
    """Judges the files of one export by the same evidence.

    Raises training.student.engine.EngineError, ExportError.
    """

    def __init__(self, evidence: Evidence, said: Said, more: Callable[[], Evidence] | None = None) -> None:
        """``more`` gathers what files are judged by from the first on that is in doubt by ``evidence``."""
        self.evidence = evidence
        self._said = said
        self._more = more

    def adapter(self, path: Path, stored: AdapterType = "f16") -> Verdict:
        """An adapter, over the base that it was trained on."""
        return self._verdict(path, stored, checks.FAR, over=self.evidence.base_path)

    def model(self, path: Path, quantisation: Quantisation) -> Verdict:
        """A whole model."""
        least = checks.NEAR if quantisation == "f16" else checks.FAR
        return self._verdict(path, quantisation, least)

    def _verdict(
        self, path: Path, quantisation: Quantisation, least: float, over: Path | None = None
    ) -> Verdict:
        verdict = self._judged(path, quantisation, least, over)
        if self._more is None or verdict.passed or not COUNTED.issuperset(verdict.failed):
            return verdict
        self.evidence, self._more = self._more(), None
        return self._judged(path, quantisation, least, over)

    def _judged(self, path: Path, quantisation: Quantisation, least: float, over: Path | None) -> Verdict:
        known = self.evidence
        model, adapter = (path, None) if over is None else (over, path)
        trace = trace_gguf(model, known.spoken, self._said, adapter, threads=known.threads)
        measured = (
            *prompt_checks(model, known.prompts),
            checks.agreement(trace, known.reference, least),
            checks.metric(trace, known.reference, known.spoken),
            checks.change(trace, known.reference, known.base),
            checks.ends(trace, known.spoken),
            checks.size(path, quantisation),
            checks.digest(path),
        )
        fallback = fallbacks(path, quantisation) if over is None else ""
        return Verdict(path.name, quantisation, measured, fallback)
