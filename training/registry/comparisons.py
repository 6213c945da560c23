"""Comparisons that were made, kept beside the students: what a deployment rests on.

Invariant: a candidate may be deployed where its conversion gate was passed and its newest comparison with the
student that serves now says so.
"""

from pathlib import Path
from typing import Any

import orjson

from training.events.files import write_new
from training.events.ids import now
from training.models.folders import private_folder
from training.registry.base import Registered, RegistryError
from training.registry.promotion import MORE_HELD_OUT, UNPROVED, Promotion
from training.registry.store import Registry
from training.regular import read_document

FOLDER = "comparisons"
RAW = "base"
"""What a base without a student of the registry is called in a comparison."""


def keep(registry: Registry, candidate: str, other: str, found: Promotion, source: str) -> None:
    """Keep a comparison in place of an earlier one of the two. Raises RegistryError."""
    facts = {"at": now().isoformat(timespec="seconds"), "source": source, **found.as_json()}
    path = _path(registry, candidate, other)
    try:
        private_folder(path.parent)
        write_new(path, orjson.dumps(facts, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise RegistryError(f"{path}: {error.strerror or error}; make room there") from None


def kept(registry: Registry, candidate: str, other: str) -> dict[str, Any] | None:
    """The newest comparison of the two; None where none can be read."""
    try:
        found: dict[str, Any] = orjson.loads(read_document(_path(registry, candidate, other)))
    except (OSError, ValueError):
        return None
    return found


def comparisons_of(registry: Registry, candidate: str) -> dict[str, dict[str, Any]]:
    """Those of a candidate, by the student that it was compared with."""
    files = sorted((registry.folder / FOLDER).glob(f"{candidate}-*.json"))
    others = (path.stem.removeprefix(f"{candidate}-") for path in files)
    return {other: found for other in others if (found := kept(registry, candidate, other)) is not None}


def objection(registry: Registry, student: Registered, *, not_worse_is_enough: bool = False) -> str:
    """Why ``student`` should not be deployed now, in one line; empty where it should."""
    if student.manifest.gate != "passed":
        more = f"; {MORE_HELD_OUT}, then export again" if student.manifest.gate == UNPROVED else ""
        return f"{student.id} ({student.name}): the conversion gate was {student.manifest.gate}{more}"
    serving = registry.deployed()
    other = serving.id if serving else RAW
    if other == student.id:
        return ""
    found = kept(registry, student.id, other)
    if found is None:
        how = f"apprentice models compare {student.id} --log, or --cases FILE"
        return f"{student.id} ({student.name}) was not compared with what serves now ({other}); {how}"
    enough = ("better", "not worse") if not_worse_is_enough else ("better",)
    return "" if found["outcome"] in enough else f"{student.id} ({student.name}) is {found['said']}"


def _path(registry: Registry, candidate: str, other: str) -> Path:
    return registry.folder / FOLDER / f"{candidate}-{other}.json"
