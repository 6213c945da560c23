"""The sign of life of a job: who supervises it, in a file that is rewritten every few seconds.

Invariant: a job is alive as long as the process named in its heartbeat is, whatever the age of the file;
the age only says that a machine sleeps or a disk hangs.
"""

from dataclasses import asdict
from pathlib import Path

import orjson

from training.jobs.identity import Identity
from training.jobs.journal import now
from training.jobs.layout import HEARTBEAT, replace
from training.regular import read_document

EVERY_S = 2.0


def beat(folder: Path, identity: Identity) -> None:
    replace(folder / HEARTBEAT, orjson.dumps({**asdict(identity), "at": now()}))


def supervisor(folder: Path) -> Identity | None:
    """The process that supervises the job, if it is alive."""
    try:
        content = orjson.loads(read_document(folder / HEARTBEAT))
        found = Identity(int(content["pid"]), str(content["started"]), str(content["boot"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.is_alive() else None
