"""The datasets of a person: a folder each below one folder, named by their ids.

Invariant: a dataset is there whole or not at all (made beside, synced, renamed), and its files never change
after that; making the same one again changes nothing.
"""

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from training.datasets.manifest import DatasetError, DatasetManifest, FileFacts, Origin, dataset_id
from training.durable import sync
from training.events.location import data_dir
from training.models.digest import sha256_of_file
from training.models.folders import private_folder

MANIFEST = "manifest.json"
_PART = ".part"
_KEY = re.compile("[0-9a-f]{4,64}")


class DatasetStore:
    """Datasets in ``folder``; by default in the user's data folder. Every method raises DatasetError."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or data_dir() / "datasets"

    def add(
        self,
        files: Mapping[str, Iterable[bytes]],
        origin: Origin,
        *,
        stages: Iterable[Mapping[str, Any]] = (),
        figures: Mapping[str, Any] | None = None,
        code: Mapping[str, Any] | None = None,
    ) -> DatasetManifest:
        """Write ``files`` (a name to its lines, without line ends); one without a line is left out."""
        part = self.folder / f"{_PART}-{os.getpid()}"
        try:
            private_folder(self.folder)
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(mode=0o700)
            written = {name: _write(part / name, lines) for name, lines in files.items()}
            for name in [name for name, facts in written.items() if not facts.lines]:
                (part / name).unlink()
                del written[name]
            manifest = DatasetManifest(
                id=dataset_id(origin, written),
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                origin=origin,
                files=written,
                stages=tuple(dict(one) for one in stages),
                figures=dict(figures or {}),
                code=dict(code or {}),
            )
            _write(
                part / MANIFEST, [orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2)]
            )
            return self._settled(part, manifest)
        except OSError as error:
            raise DatasetError(
                f"{error.filename or part}: {error.strerror}; make room, then try again"
            ) from None
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _settled(self, part: Path, manifest: DatasetManifest) -> DatasetManifest:
        target = self.folder / manifest.id
        if target.exists():
            if self.damage(manifest.id) is None:
                return self.get(manifest.id)
            shutil.rmtree(target)
        sync(part)
        part.rename(target)
        sync(self.folder)
        return manifest

    def all(self) -> list[DatasetManifest]:
        """The newest first; a folder that is no whole dataset is left out."""
        found = []
        for path in self.folder.glob(f"*/{MANIFEST}"):
            try:
                if _KEY.fullmatch(path.parent.name):
                    found.append(self._read(path.parent.name))
            except DatasetError:
                continue
        return sorted(found, key=lambda one: (one.created, one.id), reverse=True)

    def problems(self) -> list[str]:
        """A line on each manifest that cannot be read."""
        found = []
        for path in sorted(self.folder.glob(f"*/{MANIFEST}")):
            try:
                if _KEY.fullmatch(path.parent.name):
                    self._read(path.parent.name)
            except DatasetError as error:
                found.append(str(error))
        return found

    def get(self, key: str) -> DatasetManifest:
        """By its id, the beginning of it, or ``last`` for the newest."""
        if _KEY.fullmatch(key) and (self.folder / key / MANIFEST).exists():
            return self._read(key)
        found = self.all()
        fitting = found[:1] if key == "last" else [one for one in found if key and one.id.startswith(key)]
        if len(fitting) == 1:
            return fitting[0]
        how = (
            f"{key[:80]!r} may be {' or '.join(one.id for one in fitting)}; give more of it"
            if fitting
            else ""
        )
        raise DatasetError(how or f"there is no dataset {key[:80]!r}; apprentice data datasets shows them")

    def path(self, key: str) -> Path:
        """The folder of a dataset, which ``apprentice train run --data`` takes."""
        return self.folder / self.get(key).id

    def lines(self, key: str, name: str) -> list[Any]:
        """A file of a dataset, parsed; empty where it has no such file."""
        path = self.path(key) / name
        try:
            return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        except (OSError, orjson.JSONDecodeError) as error:
            raise DatasetError(f"{path} cannot be read ({error}); curate again") from None

    def damage(self, key: str) -> str | None:
        """What is not as it was written, or None."""
        manifest = self.get(key)
        for name, facts in manifest.files.items():
            path = self.folder / manifest.id / name
            try:
                if sha256_of_file(path) != facts.sha256:
                    return f"{path} changed since it was written; curate again"
            except OSError as error:
                return f"{path} cannot be read: {error.strerror}; curate again"
        return None

    def _read(self, name: str) -> DatasetManifest:
        path = self.folder / name / MANIFEST
        try:
            return DatasetManifest.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise DatasetError(f"{path} cannot be read ({type(error).__name__}); curate again") from None


def _write(path: Path, lines: Iterable[bytes]) -> FileFacts:
    digest, count = sha256(), 0
    with path.open("wb") as file:
        for line in lines:
            file.write(line + b"\n")
            digest.update(line + b"\n")
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return FileFacts(sha256=digest.hexdigest(), lines=count)
