"""What is known here of a run elsewhere, in one file of the job's folder.

Invariant: the tag is on disk before anything is sent, ``intended`` before the run is created, and the id as
soon as the provider has said it.
"""

import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from training.jobs.base import JobError
from training.jobs.layout import replace

NAME = "remote.json"


@dataclass
class Record:
    """``uploaded`` are names of files at the provider, ``seen`` is the newest news that was told."""

    folder: Path
    tag: str
    uploaded: dict[str, str] = field(default_factory=dict)
    intended: bool = False
    """Whether the provider may have been asked to create the run."""
    run: str = ""
    seen: str = ""

    def save(self) -> None:
        """Raises OSError."""
        document = {name: value for name, value in asdict(self).items() if name != "folder"}
        replace(self.folder / NAME, orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def record_of(folder: Path) -> Record:
    """That of an earlier run of the job, or a new one, saved. Raises JobError over one that is damaged."""
    path = folder / NAME
    try:
        return Record(folder, **orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        made = Record(folder, f"apprentice-{secrets.token_hex(8)}")
        made.save()
        return made
    except (OSError, ValueError, TypeError) as error:
        raise JobError(f"{path} cannot be read ({error}): which run it was is not known any more") from None
