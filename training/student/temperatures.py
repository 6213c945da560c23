"""Temperatures that make a student's confidence mean what it says, kept by what the student is.

Invariant: a temperature is used only with the bytes of the model, of the adapter and of the prompt that it
was fitted with. What cannot be read counts as not fitted. ``training.evaluation.calibration`` fits them.
"""

import hashlib
import os
from dataclasses import asdict, replace
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.protocol.messages import Prompt
from training.events.location import data_dir
from training.models.calibration import calibrations_dir
from training.models.files import known_sha256, sha256
from training.student.gguf import ModelFileError, model_path
from training.student.settings import StudentSettings


class Temperature(BaseModel):
    """``ece`` are expected calibration errors: as decoded, and of each half of the decisions under the
    temperature that fits the other half."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(gt=0)
    decisions: int
    ece_before: float
    ece_after: float
    cases: str
    fitted_at: str


def prompt_fingerprint(prompt: Prompt) -> str:
    """The same for the same prompt. One that does not say how to read is as it was before prompts could."""
    content = asdict(prompt)
    if prompt.reading is None:
        del content["reading"]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def find(settings: StudentSettings, prompt: Prompt, folder: Path | None = None) -> Temperature | None:
    """What was fitted to this student, or None. Reads no model."""
    if settings.remote:
        return None
    try:
        hashes = [known_sha256(path, folder or calibrations_dir()) for path in student_files(settings)]
        if None in hashes:
            return None
        content = _file(folder, [str(one) for one in hashes], prompt).read_bytes()
        return Temperature.model_validate_json(content)
    except (OSError, ModelFileError, ValidationError):
        return None


def keep(fitted: Temperature, settings: StudentSettings, prompt: Prompt, folder: Path | None = None) -> Path:
    """Keep ``fitted`` for this student, from its next start on. Raises OSError or ModelFileError."""
    hashes = [sha256(path, folder or calibrations_dir()) for path in student_files(settings)]
    target = _file(folder, hashes, prompt)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = target.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(fitted.model_dump_json(indent=2), encoding="utf-8")
    fresh.replace(target)
    return target


def student_files(settings: StudentSettings) -> list[Path]:
    """The GGUF files that a student is made of. Raises ModelFileError."""
    adapter = [Path(settings.adapter_path).expanduser()] if settings.adapter_path else []
    return [model_path(settings.model), *adapter]


def _file(folder: Path | None, hashes: list[str], prompt: Prompt) -> Path:
    choosing = replace(prompt, reading=None)  # how results are read does not touch how tools are chosen
    name = hashlib.sha256("+".join([*hashes, prompt_fingerprint(choosing)]).encode()).hexdigest()
    return (folder or data_dir() / "confidence") / f"{name[:32]}.json"
