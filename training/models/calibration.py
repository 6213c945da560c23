"""What a model file can do on this machine, measured once and kept by the sha256 of the file.

Invariant: a calibration is used only for the bytes, the number of cores and the llama.cpp that it was
measured with. A measurement on a busy machine says so, and does not settle the number of threads.
"""

import os
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from training.events.location import data_dir
from training.models.files import known_sha256
from training.models.folders import private_folder
from training.regular import read_document


class Trial(BaseModel):
    """One way to run, with the best of its rounds. ``batch`` is how many tokens are computed at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threads: int
    batch: int
    prefill_tokens_per_s: float
    decode_tokens_per_s: float

    @property
    def turn_s(self) -> float:
        """How long a short turn takes: 64 new tokens to read, 32 to write."""
        return 64 / self.prefill_tokens_per_s + 32 / self.decode_tokens_per_s


class Calibration(BaseModel):
    """``fitting_tokens`` is the context that fitted the memory then, ``memory_bytes`` what the process took
    with ``context_tokens``, the context that it was measured with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str
    measured_at: str
    cores: int
    runtime: str
    model_context_tokens: int
    fitting_tokens: int
    context_tokens: int
    kv_bytes_per_token: int
    weights_bytes: int
    memory_bytes: int
    load_s: float
    busy: bool
    quick: bool
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """The quickest; of those that are as quick, the one with fewer threads and the smaller batch."""
        quickest = min(trial.turn_s for trial in self.trials)
        close = [trial for trial in self.trials if trial.turn_s <= quickest * 1.03]
        return min(close, key=lambda trial: (trial.threads, trial.batch))


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def runtime() -> str:
    """The version of what runs the models."""
    return version("llama-cpp-python")


def calibrations_dir() -> Path:
    return data_dir() / "calibrations"


def load_choice(path: Path, folder: Path | None = None) -> Calibration | None:
    """The calibration of the file at ``path`` that holds here and now, or None. Reads no model."""
    folder = folder or calibrations_dir()
    sha256 = known_sha256(path, folder)
    if sha256 is None:
        return None
    try:
        found = Calibration.model_validate_json(read_document(_file(folder, sha256)))
    except (OSError, ValidationError):
        return None
    return found if (found.cores, found.runtime) == (cores(), runtime()) else None


def keep(calibration: Calibration, folder: Path | None = None) -> None:
    """Keep ``calibration`` for the next loads. Raises OSError."""
    folder = folder or calibrations_dir()
    target = _file(private_folder(folder), calibration.sha256)
    fresh = target.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(calibration.model_dump_json(indent=2), encoding="utf-8")
    fresh.replace(target)


def _file(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.json"
