"""Evaluations that were interrupted: what was done so far, kept until the evaluation is done.

Invariant: what was added survives the program; one process at a time adds to an evaluation. The file's name
says what was evaluated, so that nothing is ever taken for another student or other cases.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson

from tools.protocol.messages import Prompt
from training.evaluation.predictions import Prediction, from_dict, to_dict
from training.jobs.journal import Journal, entries
from training.models.calibration import calibrations_dir
from training.models.files import sha256
from training.student.settings import StudentSettings
from training.student.temperatures import prompt_fingerprint, student_files

_MADE = "predicted"
Made = TypeVar("Made")


class EvaluationRunning(Exception):
    """Another process is at this very evaluation."""


@dataclass(frozen=True)
class Form(Generic[Made]):
    """How what an evaluation makes of a case is written: whose it is, as JSON, and read back."""

    case_id: Callable[[Made], str]
    to_dict: Callable[[Made], dict[str, Any]]
    from_dict: Callable[[Mapping[str, Any]], Made]


PREDICTIONS: Form[Prediction] = Form(lambda one: one.case_id, to_dict, from_dict)


class Unfinished(Generic[Made]):
    """What one evaluation has made so far, by the id of the case."""

    def __init__(self, path: Path, form: Form[Made]) -> None:
        self.path = path
        self.made = {form.case_id(one): one for one in _read(path, form)}
        self._form = form
        self._journal = Journal(path)

    def add(self, one: Made) -> None:
        """Keep it. Raises OSError."""
        self._journal.write(_MADE, prediction=self._form.to_dict(one))
        self.made[self._form.case_id(one)] = one

    def discard(self) -> None:
        """Forget what was made. The file stays, because it holds the lock."""
        os.truncate(self.path, 0)
        self.made = {}


@contextmanager
def unfinished(folder: Path, key: str, form: Form[Made]) -> Iterator[Unfinished[Made]]:
    """What was made so far under ``key``; nothing is left of an evaluation that made nothing.

    Raises EvaluationRunning, or OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{key}.jsonl"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EvaluationRunning("another process is at this very evaluation; wait for it") from None
        found = Unfinished(path, form)
        try:
            yield found
        finally:
            if not found.made:
                path.unlink()
    finally:
        os.close(descriptor)


def evaluation_key(cases: str, settings: StudentSettings, prompt: Prompt, selection: str = "all") -> str:
    """The same for the same cases, student, prompt, bounds, way to narrow the tools, and program.

    ``cases`` is their fingerprint. Raises ModelFileError or OSError.
    """
    files = [] if settings.remote else student_files(settings)
    parts = {
        "cases": cases,
        "student": [sha256(path, calibrations_dir()) for path in files],
        "settings": settings.model_dump(exclude={"threads", "prompt", "answer_tokens"}),
        "prompt": prompt_fingerprint(prompt),
        "selection": selection,
        "program": version("apprentice"),
    }
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _read(path: Path, form: Form[Made]) -> Iterator[Made]:
    for entry, _ in entries(path):
        if entry["what"] == _MADE:
            yield form.from_dict(entry["prediction"])
