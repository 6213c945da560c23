"""The models on this machine: one folder each, with the file and a record of where it came from.

Invariant: a model is here when its folder holds a record and the whole file; the file is put in place by one
rename, after its bytes were found to be those of the record. A file that changed since then is not used.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from training.durable import sync
from training.events.base import EventLogError
from training.events.location import data_dir
from training.models.base import ModelError
from training.models.digest import sha256_of_file
from training.models.folders import private_folder
from training.regular import read_document

RECORD = "record.json"
PART = ".part"
"""How the name of a file ends that a pull has not brought whole."""
_WRITABLE = "choose a folder that you may write with APPRENTICE_DATA_DIR"


class Installed(BaseModel):
    """The record of a pulled model. ``mtime_ns`` is that of the file when its bytes were last compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    base: str
    repo: str
    file: str
    revision: str
    sha256: str
    bytes: int
    license: str
    mtime_ns: int = 0


class ModelStore:
    """The models in ``folder``; by default in the user's data folder. Raises ModelError."""

    def __init__(self, folder: Path | None = None) -> None:
        try:
            self.folder = folder or data_dir() / "models"
        except EventLogError as error:
            raise ModelError(str(error)) from None

    def all(self) -> list[Installed]:
        """Every model that was pulled, by id; one whose file is gone too (``problem`` says it)."""
        found = (self.find(path.parent.name) for path in self.records())
        return [model for model in found if model is not None]

    def records(self) -> list[Path]:
        """The records, unread; a pull that did not end may be among them."""
        return sorted(self.folder.glob(f"*/{RECORD}"))

    def find(self, model_id: str) -> Installed | None:
        """The record of ``model_id``, or None. Raises ModelError where it cannot be read."""
        if not model_id or "/" in model_id or model_id.startswith("."):
            return None
        record = self.folder / model_id / RECORD
        try:
            found = Installed.model_validate_json(read_document(record))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValidationError):
            mend = f"remove {record.parent} and pull it again"
            raise ModelError(f"{record}: the record of this model cannot be read; {mend}") from None
        if found.id != model_id:
            raise ModelError(f"{record}: is the record of another model; remove {record.parent}")
        return None if not self.path(found).exists() and self.begun(model_id) else found

    def path(self, model: Installed) -> Path:
        """Where the file of ``model`` lies."""
        return self.folder / model.id / Path(model.file).name

    def begun(self, model_id: str) -> Path | None:
        """What a pull that did not end has left of ``model_id``, or None."""
        return next((self.folder / model_id).glob(f"*{PART}"), None)

    def checked_path(self, model: Installed) -> Path:
        """The file of ``model``, which is the one that was pulled. Raises ModelError.

        Its bytes are compared where its size is right and its time is not that of the last comparison.
        """
        path = self.path(model)
        again = f"apprentice models rm {model.id} --yes, and pull it again"
        try:
            stat = path.stat()
        except OSError as error:
            raise ModelError(f"{path}: {error.strerror or error}; {again}") from None
        if stat.st_size != model.bytes:
            raise ModelError(f"{path}: has {stat.st_size} bytes and {model.bytes} were pulled; {again}")
        if stat.st_mtime_ns != model.mtime_ns:
            if sha256_of_file(path) != model.sha256:
                raise ModelError(f"{path}: changed since it was pulled (its sha256 is another); {again}")
            self._write_record(model.model_copy(update={"mtime_ns": stat.st_mtime_ns}))
        return path

    @contextmanager
    def pulling(self, model_id: str) -> Iterator[Path]:
        """The folder of ``model_id``, held against other pulls. Raises ModelError."""
        folder = self.folder / model_id
        try:
            private_folder(folder)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise ModelError(f"{folder}: {error.strerror or error}; {_WRITABLE}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
        except BlockingIOError:
            raise ModelError(f"{model_id} is being pulled by another program") from None
        finally:
            os.close(descriptor)

    def publish(self, model: Installed, part: Path) -> Path:
        """Put ``part``, which holds the bytes of ``model``, in its place; it is here when this returns."""
        stamped = model.model_copy(update={"mtime_ns": part.stat().st_mtime_ns})
        self._write_record(stamped)
        path = self.path(model)
        part.rename(path)
        sync(path.parent)
        return path

    def _write_record(self, model: Installed) -> None:
        record = self.folder / model.id / RECORD
        fresh = record.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(model.model_dump_json(indent=2).encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(record)
        sync(record.parent)

    def remove(self, model_id: str) -> bool:
        """Remove all that is kept of ``model_id``; False where there is nothing. Raises ModelError."""
        folder = self.folder / model_id
        if not model_id or "/" in model_id or model_id.startswith(".") or not folder.is_dir():
            return False
        with self.pulling(model_id):
            try:
                # The record goes first, so that what a kill leaves is no model.
                (folder / RECORD).unlink(missing_ok=True)
                shutil.rmtree(folder)
            except OSError as error:
                raise ModelError(f"{folder}: cannot be removed: {error.strerror or error}") from None
        return True
