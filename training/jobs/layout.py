"""Where a job keeps what, and how its files are written.

Invariant: a file that is replaced is replaced whole. An id names a folder directly below the folder of all
jobs, and nothing else.
"""

import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from training.jobs.base import JobError, JobSpec
from training.jobs.journal import now
from training.regular import read_document

SPEC, JOURNAL, HEARTBEAT = "spec.json", "journal.jsonl", "heartbeat.json"
LOG, OLD_LOG = "log.txt", "log.1.txt"
CANCEL, LOCK, CHANGE, OUTPUTS, TOLD = "cancel", "run.lock", "change.lock", "outputs", "told"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def new_id(kind: str) -> str:
    """Sorts by the time it was made."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{moment}-{kind}-{secrets.token_hex(2)}"


def folder_of(jobs: Path, job_id: str) -> Path:
    """Raises JobError where the id is none."""
    if not _ID.fullmatch(job_id):
        raise JobError(f"{job_id[:80]!r} is no job id; apprentice jobs list shows them")
    return jobs / job_id


def write_spec(folder: Path, spec: JobSpec) -> None:
    document = {"created": now(), **{name: getattr(spec, name) for name in spec.__dataclass_fields__}}
    try:
        content = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    except TypeError as error:
        raise JobError(f"the job's arguments are no JSON: {error}") from None
    replace(folder / SPEC, content + b"\n")


def read_spec(folder: Path) -> tuple[JobSpec, str]:
    """The specification and when it was made. Raises JobError."""
    try:
        document: dict[str, Any] = orjson.loads(read_document(folder / SPEC))
        if not isinstance(document, dict):
            raise TypeError("not an object")
        created = document.pop("created")
        spec = JobSpec(**document)
        texts = (created, spec.kind, spec.title, spec.work, spec.resource)
        if not all(isinstance(one, str) for one in texts):
            raise TypeError("a text is something else")
        if not isinstance(spec.arguments, dict) or not isinstance(spec.inputs, dict):
            raise TypeError("an object is something else")
        return spec, created
    except FileNotFoundError:
        raise JobError(f"there is no job {folder.name}; apprentice jobs list shows them") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        why = getattr(error, "strerror", None) or "it is damaged"
        raise JobError(f"{folder / SPEC} cannot be read: {why}; remove the job's folder") from None


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``, whole and durable, or leave what is there."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
