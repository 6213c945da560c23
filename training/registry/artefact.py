"""The files of a student: copied together, read back, proved.

Invariant: the manifest is written last, from the files as they are on disk; what does not follow from its
own manifest is no student.
"""

import shutil
from pathlib import Path

from pydantic import ValidationError

from tools.protocol.calls import FORMAT
from training.durable import sync
from training.events.ids import now
from training.models.digest import sha256_of_file
from training.registry.base import (
    MANIFEST,
    PROMPT,
    File,
    Manifest,
    Parts,
    Registered,
    RegistryError,
    student_id,
)
from training.regular import read_document


def make(parts: Parts, folder: Path) -> Manifest:
    """The student in the new ``folder``, durable. Raises OSError."""
    folder.mkdir(mode=0o700)
    files = {name: _copied(source, folder / name) for name, source in parts.files().items()}
    manifest = Manifest(
        id=student_id(parts.base, files, parts.quantisation, parts.call_format),
        name=parts.name,
        created=now().isoformat(timespec="milliseconds"),
        base=parts.base,
        quantisation=parts.quantisation,
        call_format=parts.call_format,
        files=files,
        lineage=parts.lineage,
        metrics=dict(parts.metrics),
        gate=parts.gate,
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    sync(folder / MANIFEST)
    sync(folder)
    return manifest


def read(folder: Path) -> Manifest | None:
    """The manifest of the student in ``folder``, or None where it cannot be read or is of another one."""
    try:
        found = Manifest.model_validate_json(read_document(folder / MANIFEST))
    except (OSError, ValidationError):
        return None
    own = student_id(found.base, found.files, found.quantisation, found.call_format)
    inside = all(name not in (".", "..") and Path(name).name == name for name in found.files)
    return found if PROMPT in found.files and found.id == own and inside else None


def problem(manifest: Manifest, folder: Path) -> str:
    """Why the files in ``folder`` are not those that were registered; empty where they are."""
    for name, known in manifest.files.items():
        try:
            found = sha256_of_file(folder / name)
        except OSError as error:
            return f"{name}: {error.strerror or error}"
        if found != known.sha256:
            return f"{name} is not what was registered"
    return ""


def prove(student: Registered) -> None:
    """Raises RegistryError where a file is not the one that was registered, or the format is another."""
    who, own = f"student {student.id} ({student.name})", student.manifest.call_format
    if found := problem(student.manifest, student.folder):
        raise RegistryError(f"{who} is damaged: {found}; {_mend(student)}")
    if own != FORMAT:
        raise RegistryError(f"{who} writes calling format {own}, and this program {FORMAT}; train it again")


def _copied(source: Path, target: Path) -> File:
    shutil.copyfile(source, target)
    sync(target)
    return File(sha256=sha256_of_file(target), bytes=target.stat().st_size)


def _mend(student: Registered) -> str:
    if student.shipped:
        return "install the program again, or set student.adapter to none"
    return "apprentice models rollback, or export it again"
