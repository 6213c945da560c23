"""Which student serves, which ones served before it, and every change of that.

Invariant: all of it is one small file that is replaced whole, so that a change has happened or has not. A
change is a record with the id of its event, so that an event that was not written is written later, once.
"""

import os
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from training.events.files import JournalFile, OpenFile, write_new
from training.events.ids import now, uuid7
from training.registry.base import RegistryError
from training.regular import read_document

FILE = "deployments.json"
BACKUP = "deployments.json.bak"
Action = Literal["deployed", "rolled back", "retired"]


class Change(BaseModel):
    """``student`` serves from now on, empty where none of the registry does; ``before`` served until then.
    Where it is ``retired``, ``student`` was a candidate and is none any more, and ``before`` serves on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_id: str
    at: str
    action: Action
    student: str
    before: str
    forced: bool = False
    reason: str = ""


class Deployments(BaseModel):
    """``chain`` is what a rollback goes back along; its last serves. ``history`` has every change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    chain: tuple[str, ...] = ()
    history: tuple[Change, ...] = ()

    @property
    def current(self) -> str:
        """The id of the student that serves, or empty."""
        return self.chain[-1] if self.chain else ""

    def served(self, student: str) -> bool:
        """Whether it serves, did so before, or never will."""
        return any(student in (one.student, one.before) for one in self.history)

    def deployed(self, student: str, *, before: str, forced: bool, reason: str) -> "Deployments":
        """``student`` put on the chain; ``before`` is what served until now."""
        made = _change("deployed", student, before, forced, reason)
        return Deployments(chain=(*self.chain, student), history=(*self.history, made))

    def retired(self, student: str, *, before: str, reason: str) -> "Deployments":
        """``student`` is no candidate any more; ``before`` serves on."""
        made = _change("retired", student, before, False, reason)
        return Deployments(chain=self.chain, history=(*self.history, made))

    def rolled_back(self, to: str | None, *, before: str, reason: str) -> "Deployments":
        """Back to the student before the current one, or to ``to``. Raises RegistryError."""
        if not self.chain:
            raise RegistryError("nothing was deployed, so there is nothing to roll back")
        left = self.chain[:-1]
        if to is not None:
            if to not in left:
                raise RegistryError(
                    f"{to} did not serve before {self.current}; apprentice models deploy {to}"
                )
            while left[-1] != to:
                left = left[:-1]
        made = _change("rolled back", left[-1] if left else "", before, False, reason)
        return Deployments(chain=left, history=(*self.history, made))


def _change(action: Action, student: str, before: str, forced: bool, reason: str) -> Change:
    at = now().isoformat(timespec="milliseconds")
    return Change(
        event_id=uuid7(), at=at, action=action, student=student, before=before, forced=forced, reason=reason
    )


def read_deployments(folder: Path) -> Deployments:
    """Those of the registry in ``folder``; none where nothing was deployed.

    Of a file that is damaged the version before it is taken, or none; ``damage`` says so.
    """
    return (
        _readable(folder / FILE) or (_readable(folder / BACKUP) if damage(folder) else None) or Deployments()
    )


def damage(folder: Path) -> str:
    """One line on a file that cannot be read, and what is taken in its place; empty where all is well."""
    path = folder / FILE
    if not os.path.lexists(path) or _readable(path) is not None:
        return ""
    before = _readable(folder / BACKUP)
    used = "nothing was deployed before, so the shipped student serves"
    if before is not None:
        used = f"the version before it counts, in which {before.current or 'the shipped student'} serves"
    return f"{path}: cannot be read; {used}; apprentice models deploy, or rollback, writes it anew"


def write_deployments(
    folder: Path, content: Deployments, open_file: OpenFile = JournalFile, *, keep: bool = True
) -> None:
    """Replace the file, and keep the version before; one that is damaged is kept aside.

    Raises OSError, and what was there is there.
    """
    path = folder / FILE
    if damage(folder):
        path.rename(_free(folder))
    elif keep and path.exists():
        write_new(folder / BACKUP, path.read_bytes(), open_file)
    write_new(path, content.model_dump_json(indent=1).encode() + b"\n", open_file)


def replayed(changes: Iterable[Change]) -> Deployments:
    """The deployments that such changes lead to, the oldest first."""
    history = sorted({one.event_id: one for one in changes}.values(), key=lambda one: (one.at, one.event_id))
    chain: list[str] = []
    for one in history:
        if one.action == "deployed":
            chain.append(one.student)
        elif one.action == "rolled back":
            while chain and chain[-1] != one.student:
                chain.pop()
    return Deployments(chain=tuple(chain), history=tuple(history))


def _readable(path: Path) -> Deployments | None:
    try:
        return Deployments.model_validate_json(read_document(path))
    except (OSError, ValidationError):
        return None


def _free(folder: Path) -> Path:
    """A name for a damaged file."""
    return next(
        path
        for number in count(1)
        if not os.path.lexists(path := folder / f"deployments.damaged-{number}.json")
    )
