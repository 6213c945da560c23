"""The journal of a job, read as it grows: what was measured at each step, and by which process.

Invariant: what was read once is not read again; of a step that was done twice the last time counts.
"""

from collections.abc import Mapping
from pathlib import Path

from training.jobs.journal import entries
from training.jobs.layout import JOURNAL

STEP = "step"


class Following:
    """Of the job in ``folder``. ``pid`` is that of the work of its last run; 0 before the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pid = 0
        self.note = ""
        self._offset = 0
        self._steps: dict[int, dict[str, float]] = {}

    @property
    def steps(self) -> Mapping[int, Mapping[str, float]]:
        """The values of each step, by their names."""
        return self._steps

    def read(self) -> None:
        """Take in what is new."""
        for entry, after in entries(self.folder / JOURNAL, self._offset):
            self._offset = after
            match entry["what"]:
                case "metric" if STEP in entry:
                    self._measured(entry)
                case "started":
                    self.pid = int(entry.get("pid", 0))
                case "note":
                    self.note = str(entry.get("text", ""))

    def _measured(self, entry: Mapping[str, object]) -> None:
        figures = {name: value for name, value in entry.items() if isinstance(value, int | float)}
        self._steps.setdefault(int(figures.pop(STEP)), {}).update(figures)


def resident_bytes(pid: int) -> tuple[int, int] | None:
    """What a process has in memory now, and the most that it had; None where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    known = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    if len(known) < 2:
        return None
    return int(known["VmRSS"]) << 10, int(known["VmHWM"]) << 10
