"""Students that come with the program, and making one of those out of a registered one.

A folder below ``SHIPPED`` holds a student as the registry has it, under a name that people can read;
``deployments.json`` beside it says which one serves until a person deploys another.
"""

import shutil
from pathlib import Path

from training.registry.artefact import prove, read
from training.registry.base import MANIFEST, Registered, RegistryError
from training.registry.deployments import Deployments, write_deployments

SHIPPED = Path(__file__).parents[1] / "data" / "students"
LARGEST = 40_000_000
"""Bytes of weights that a repository should carry."""
COMES_ALONG = "embedded"
"""The only base that every installation has."""


def ship(student: Registered, name: str, folder: Path = SHIPPED) -> Path:
    """Copy a student into the package as ``name``, in place of an earlier one, and let it serve.

    Raises RegistryError, or OSError.
    """
    prove(student)
    if student.manifest.gate != "passed":
        raise RegistryError(f"{student.id}: the conversion gate was {student.manifest.gate}")
    if student.manifest.base.model != COMES_ALONG:
        raise RegistryError(f"{student.id}: its base {student.manifest.base.model} does not come along")
    size = sum(one.bytes for one in student.manifest.files.values())
    if size > LARGEST:
        raise RegistryError(f"{student.id} takes {size / 1e6:.0f} MB; {LARGEST / 1e6:.0f} are allowed")
    if not name or name.startswith(".") or "/" in name:
        raise RegistryError(f"{name!r} is no name for a folder")
    target, part = folder / name, folder / f".{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    part.mkdir()
    for file in (student.folder / known for known in (*student.manifest.files, MANIFEST)):
        shutil.copyfile(file, part / file.name)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    assert read(target) == student.manifest
    write_deployments(folder, Deployments(chain=(student.id,)), keep=False)
    return target
