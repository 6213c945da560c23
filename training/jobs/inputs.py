"""The files that a job was given: the same bytes when it runs, and when it is resumed.

Invariant: a job whose inputs changed does not run on a mixture of both.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from training.jobs.base import JobError
from training.models.digest import sha256_of_file


def fingerprints(paths: Iterable[Path]) -> dict[str, str]:
    """Path to SHA-256, for ``JobSpec.inputs``. Raises JobError where a file cannot be read."""
    return {str(path.absolute()): _sha256(path) for path in paths}


def check(inputs: Mapping[str, str]) -> None:
    """Raises JobError where a file is not what it was when the job was asked for."""
    for name, known in inputs.items():
        if _sha256(Path(name)) != known:
            raise JobError(f"{name} changed since the job was asked for; put it back, or start a new job")


def _sha256(path: Path) -> str:
    try:
        return sha256_of_file(path)
    except OSError as error:
        raise JobError(f"{path} cannot be read: {error.strerror}; name a file that is there") from None
