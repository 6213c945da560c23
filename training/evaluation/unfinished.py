"""Evaluations that were interrupted: what was predicted so far, kept until the evaluation is done.

Invariant: a prediction that was added survives the program; one process at a time adds to an evaluation. The
file's name says what was evaluated, so that a prediction is never taken for another student or other cases.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import orjson

from tools.protocol.messages import Prompt
from training.evaluation.cases import Case, fingerprint
from training.evaluation.predictions import Prediction, from_dict, to_dict
from training.jobs.journal import Journal, entries
from training.models.calibration import calibrations_dir
from training.models.files import sha256
from training.student.settings import StudentSettings
from training.student.temperatures import prompt_fingerprint, student_files

_MADE = "predicted"


class EvaluationRunning(Exception):
    """Another process is at this very evaluation."""


class Unfinished:
    """The predictions of one evaluation, by the id of their case."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.predictions = {one.case_id: one for one in _read(path)}
        self._journal = Journal(path)

    def add(self, made: Prediction) -> None:
        """Keep a prediction. Raises OSError."""
        self._journal.write(_MADE, prediction=to_dict(made))
        self.predictions[made.case_id] = made

    def discard(self) -> None:
        """Forget what was predicted. The file stays, because it holds the lock."""
        os.truncate(self.path, 0)
        self.predictions = {}


@contextmanager
def unfinished(folder: Path, key: str) -> Iterator[Unfinished]:
    """What was predicted so far under ``key``; nothing is left of an evaluation without predictions.

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
        found = Unfinished(path)
        try:
            yield found
        finally:
            if not found.predictions:
                path.unlink()
    finally:
        os.close(descriptor)


def evaluation_key(
    cases: Sequence[Case], settings: StudentSettings, prompt: Prompt, selection: str = "all"
) -> str:
    """The same for the same cases, student, prompt, bounds, way to narrow the tools, and program.

    Raises ModelFileError or OSError.
    """
    files = [] if settings.remote else student_files(settings)
    parts = {
        "cases": fingerprint(cases),
        "student": [sha256(path, calibrations_dir()) for path in files],
        "settings": settings.model_dump(exclude={"threads", "prompt", "answer_tokens"}),
        "prompt": prompt_fingerprint(prompt),
        "selection": selection,
        "program": version("apprentice"),
    }
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _read(path: Path) -> Iterator[Prediction]:
    for entry, _ in entries(path):
        if entry["what"] == _MADE:
            yield from_dict(entry["prediction"])
