"""The registry: students below one folder, and which of them serves.

Invariant: a student is there whole or not at all (made beside, synced, renamed); its files never change after
that, and are proved by sha256 before it serves. Two processes may change the registry at the same time.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from training.durable import sync
from training.events.base import EventLogError
from training.events.files import FolderLock
from training.models.folders import private_folder
from training.registry.artefact import make, problem, prove, read
from training.registry.base import MANIFEST, Manifest, Parts, Registered, RegistryError, State
from training.registry.deployments import (
    Change,
    Deployments,
    damage,
    read_deployments,
    replayed,
    write_deployments,
)
from training.registry.shipped import SHIPPED

LOCK = "lock"
PART = ".part"
PATIENCE_S = 60.0


class Registry:
    """The students in ``folder``, which is made when something is put there, and the shipped ones.

    Every method raises RegistryError.
    """

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        self.folder = folder
        self._shipped = shipped or SHIPPED

    def add(self, parts: Parts) -> Registered:
        """Register a candidate. The same student that is there already stays, unless it is damaged, or passes
        the gate only now."""
        if (parts.adapter is None) == (parts.model is None):
            raise RegistryError(f"{parts.name}: a student has either an adapter or weights of its own")
        with self._changing():
            self._sweep()
            part = self._part()
            try:
                manifest = make(parts, part)
                target = self.folder / manifest.id
                known = read(target)
                passes_now = known is not None and known.gate != "passed" and manifest.gate == "passed"
                if known is None or passes_now or problem(known, target):
                    shutil.rmtree(target, ignore_errors=True)
                    part.rename(target)
                    sync(self.folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return self.get(manifest.id)

    def all(self) -> list[Registered]:
        """Every student that can be read: those of the person, the newest first, then the shipped ones."""
        found: dict[str, Registered] = {}
        for folder in (self.folder, self._shipped):
            made = [(one, path) for path in _students(folder) if (one := read(path)) is not None]
            for manifest, path in sorted(made, key=lambda pair: pair[0].created, reverse=True):
                found.setdefault(manifest.id, self._registered(manifest, path))
        return list(found.values())

    def unreadable(self) -> list[Path]:
        """Folders in which a student should be and none can be read."""
        folders = [*_students(self.folder), *_students(self._shipped)]
        return [folder for folder in folders if read(folder) is None]

    def problems(self) -> list[str]:
        """A line on each file that is damaged, with what serves in its place."""
        found = [line] if (line := damage(self.folder)) else []
        current = self.deployments().current
        for folder in self.unreadable():
            serves = (
                "; it is deployed, and the shipped student serves in its place"
                if folder.name == current
                else ""
            )
            found.append(f"{folder / MANIFEST}: damaged{serves}; export it again, or remove its folder")
        if current and not (self.folder / current / MANIFEST).exists() and self._is_lost(current):
            found.append(f"{self.folder / current}: the deployed student is gone; the shipped one serves")
        return found

    def restore(self, changes: Iterable[Change]) -> Deployments:
        """Write damaged deployments anew, from the version before and the ``changes`` of the log."""
        with self._changing():
            found = replayed([*self.deployments().history, *changes])
            if damage(self.folder):
                write_deployments(self.folder, found)
        return self.deployments()

    def find(self, key: str) -> Registered | None:
        """The student of that id, or the only one of that name; None where there is none."""
        found = self.all()
        named = [one for one in found if one.name == key]
        same = next((one for one in found if one.id == key), None)
        return same or (named[0] if len(named) == 1 else None)

    def get(self, key: str) -> Registered:
        """By its id, the beginning of it, or a name that no other student has."""
        found = self.find(key)
        if found is not None:
            return found
        fitting = [one for one in self.all() if key and (one.id.startswith(key) or one.name == key)]
        if len(fitting) > 1:
            ids = " or ".join(one.id for one in fitting)
            raise RegistryError(f"{key[:80]!r} may be {ids}; give the whole id")
        if not fitting:
            raise RegistryError(f"there is no student {key[:80]!r}; apprentice models students shows them")
        return fitting[0]

    def deployed(self) -> Registered | None:
        """The one that serves: the one that was deployed, else the shipped one, else None."""
        current = self._serving(self.deployments())
        return self.get(current) if current else None

    def deployments(self) -> Deployments:
        """What the person deployed, and when."""
        return read_deployments(self.folder)

    def deploy(self, key: str, *, forced: bool = False, reason: str = "") -> Registered:
        """Let a student serve. Whether it should is for the caller to find out."""
        student = self.get(key)
        prove(student)
        with self._changing():
            standing = self.deployments()
            before = self._serving(standing)
            if before != student.id:
                after = standing.deployed(student.id, before=before, forced=forced, reason=reason)
                write_deployments(self.folder, after)
        return self.get(student.id)

    def rollback(self, key: str | None = None, *, reason: str = "") -> Registered | None:
        """Let the student serve that did so before, or one before that; None where only the base is left."""
        wanted = self.get(key).id if key else None
        with self._changing():
            standing = self.deployments()
            after = standing.rolled_back(wanted, before=self._serving(standing), reason=reason)
            if self._serving(after):
                prove(self.get(self._serving(after)))
            write_deployments(self.folder, after)
        return self.deployed()

    def retire(self, key: str, *, reason: str = "") -> Registered:
        """Let a candidate be none any more; in the place of the one that serves comes the one before it."""
        student = self.get(key)
        if student.state is State.RETIRED:
            raise RegistryError(f"{student.id} is retired already")
        if student.state is State.DEPLOYED:
            self.rollback(reason=reason)
        else:
            with self._changing():
                standing = self.deployments()
                after = standing.retired(student.id, before=self._serving(standing), reason=reason)
                write_deployments(self.folder, after)
        return self.get(student.id)

    def remove(self, key: str) -> Registered:
        """Delete a student that neither serves nor could by a rollback."""
        student = self.get(key)
        if student.shipped:
            raise RegistryError(f"{student.id} comes with the program and cannot be removed")
        with self._changing():
            if student.id in self.deployments().chain:
                raise RegistryError(f"{student.id} serves, or did before the one that does; it is kept")
            student.folder.rename(self._part())
            self._sweep()
        return student

    def _registered(self, manifest: Manifest, folder: Path) -> Registered:
        shipped = folder.parent == self._shipped
        standing = self.deployments()
        served = standing.served(manifest.id) or manifest.id == read_deployments(self._shipped).current
        state = State.RETIRED if served else State.CANDIDATE
        if manifest.id == self._serving(standing):
            state = State.DEPLOYED
        return Registered(manifest, folder, state, shipped)

    def _serving(self, standing: Deployments) -> str:
        """The id of the student that serves; the shipped one where the deployed one cannot be read."""
        if standing.current and not self._is_lost(standing.current):
            return standing.current
        return read_deployments(self._shipped).current

    def _is_lost(self, student: str) -> bool:
        """Whether no folder holds this student."""
        folders = (self.folder / student, *(path for path in _students(self._shipped)))
        return all((known := read(folder)) is None or known.id != student for folder in folders)

    def _part(self) -> Path:
        return self.folder / f".{os.getpid()}{PART}"

    def _sweep(self) -> None:
        """Remove what a kill has left. Under the lock, so that nobody else is at it."""
        for path in self.folder.glob(f".*{PART}"):
            shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Alone among all processes; what the disk refuses is one line."""
        try:
            lock = FolderLock(private_folder(self.folder) / LOCK, True, PATIENCE_S)
            try:
                with lock.held():
                    yield
            finally:
                lock.close()
        except EventLogError as error:
            raise RegistryError(str(error)) from None
        except OSError as error:
            where = error.filename or self.folder
            said = error.strerror or str(error)
            raise RegistryError(f"{where}: {said}; make room there, or check its owner") from error


def _students(folder: Path) -> list[Path]:
    """The folders of students, whether they can be read or not."""
    return [path.parent for path in sorted(folder.glob(f"[!.]*/{MANIFEST}"))]
