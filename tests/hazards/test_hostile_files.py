"""Files of jobs, models and students that are pipes, devices, endless, damaged, or name others outside.

A pipe without a writer would be waited for, and a device read, without an end: the time limit of each test is
what catches that.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tests.training.registry.students import parts as student_parts
from training.jobs.base import JobError, JobSpec
from training.jobs.heartbeat import supervisor
from training.jobs.inputs import fingerprints
from training.jobs.journal import entries
from training.jobs.layout import HEARTBEAT, JOURNAL, write_spec
from training.jobs.store import Jobs
from training.jobs.view import look
from training.models.base import ModelError
from training.models.digest import sha256_of_file
from training.models.header import read_header
from training.models.store import RECORD, ModelStore
from training.registry.base import MANIFEST, RegistryError
from training.registry.store import Registry
from training.regular import LARGEST_DOCUMENT, open_regular, read_document
from training.student.base import StudentError
from training.student.gguf import ModelFileError, check_model_file
from training.student.prompt import prompt_for

pytestmark = pytest.mark.timeout(60)
AT = "2030-01-01T00:00:00+00:00"


def pipe(path: Path) -> None:
    os.mkfifo(path)


def zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST_DOCUMENT + 1)


KINDS = [pipe, zero, folder]
Make = Callable[[Path], None]


@pytest.fixture
def job(tmp_path: Path) -> Path:
    made = tmp_path / "jobs" / "20300101-000000-finetune-abcd"
    made.mkdir(parents=True)
    write_spec(made, JobSpec("finetune", "a student", "module:function"))
    return made


@pytest.mark.parametrize("make", KINDS)
def test_B09_what_has_no_end_is_not_opened(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "x")
    for read in (open_regular, read_document, sha256_of_file, fingerprints_of):
        with pytest.raises((OSError, JobError)):
            read(tmp_path / "x")


def fingerprints_of(path: Path) -> dict[str, str]:
    return fingerprints([path])


def test_B09_a_document_without_end_is_not_taken_into_memory(tmp_path: Path) -> None:
    endless(tmp_path / "x")
    with pytest.raises(OSError, match="too large"):
        read_document(tmp_path / "x")


@pytest.mark.parametrize("make", [*KINDS, endless])
@pytest.mark.parametrize("name", ["spec.json", HEARTBEAT, JOURNAL])
def test_K11_a_file_of_a_job_that_is_none_hides_no_other_job(job: Path, make: Make, name: str) -> None:
    other = job.with_name("20300102-000000-finetune-abcd")
    shutil.copytree(job, other)
    (job / name).unlink(missing_ok=True)
    make(job / name)
    assert other.name in [one.id for one in Jobs(job.parent).all()]
    assert supervisor(job) is None


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"what": "progress"},
        {"what": "progress", "at": AT, "done": "1"},
        {"what": "progress", "at": AT, "done": 1, "total": "2"},
        {"what": "progress", "at": AT, "done": 1, "unit": 7},
        {"what": "progress", "at": "then", "done": 1},
        {"what": ["done"], "at": AT},
        {"what": "done"},
        {"what": "done", "at": AT, "result": [1]},
        {"what": "failed", "at": AT, "error": {"a": 1}},
        {"what": "\x1b[2J", "at": AT},
    ],
)
def test_K11_an_entry_that_does_not_fit_takes_no_others_along(job: Path, entry: dict[str, object]) -> None:
    good = {"what": "progress", "at": AT, "done": 3, "total": 4, "unit": "steps"}
    (job / JOURNAL).write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in (good, entry)))
    assert (look(job).progress.done, look(job).result, look(job).error) == (3, {}, "")


def test_K11_a_line_without_end_is_passed_over_in_bounded_memory(job: Path) -> None:
    good = orjson.dumps({"what": "note", "at": AT, "text": "x"}) + b"\n"
    long = orjson.dumps({"what": "note", "at": AT, "text": "y" * (9 << 20)}) + b"\n"
    (job / JOURNAL).write_bytes(good + long + good + b'{"torn')
    found = list(entries(job / JOURNAL))
    assert [entry["text"] for entry, _ in found] == ["x", "x"]
    assert found[-1][1] == 2 * len(good) + len(long)
    assert [entry["text"] for entry, _ in entries(job / JOURNAL, len(good))] == ["x"]


def test_K11_a_journal_of_a_gigabyte_is_not_read(job: Path) -> None:
    with (job / JOURNAL).open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(JobError, match="larger than any journal"):
        look(job)
    assert Jobs(job.parent).all() == []


@pytest.mark.parametrize("field", ["kind", "title", "work", "created", "arguments", "inputs"])
def test_K11_a_specification_of_other_types_is_one_line(job: Path, field: str) -> None:
    document = json.loads((job / "spec.json").read_bytes())
    (job / "spec.json").write_text(json.dumps({**document, field: 7}))
    with pytest.raises(JobError, match="cannot be read"):
        look(job)


@pytest.mark.parametrize("make", KINDS)
def test_H01_a_model_that_is_no_file_is_said(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.gguf"
    make(path)
    with pytest.raises(ModelFileError, match=r"regular file|folder"):
        check_model_file(path)
    with pytest.raises(ModelError, match=r"regular file|folder"):
        read_header(path)


@pytest.mark.parametrize("make", [*KINDS, endless])
def test_H01_a_prompt_that_is_no_file_is_said(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "p.toml"
    make(path)
    with pytest.raises(StudentError, match="cannot read"):
        prompt_for("embedded", str(path))


@pytest.mark.parametrize("make", [*KINDS, endless])
def test_H08_a_record_that_is_no_file_is_said(tmp_path: Path, make: Make) -> None:
    (tmp_path / "m").mkdir()
    make(tmp_path / "m" / RECORD)
    with pytest.raises(ModelError, match="cannot be read"):
        ModelStore(tmp_path).find("m")


@pytest.mark.parametrize("other", ["../../other", "/etc", "n"])
def test_H08_a_record_names_its_own_model_only(tmp_path: Path, other: str) -> None:
    (tmp_path / "m").mkdir()
    record = dict.fromkeys(("name", "base", "repo", "file", "revision", "sha256", "license"), "x")
    (tmp_path / "m" / RECORD).write_text(json.dumps({**record, "id": other, "bytes": 1}))
    with pytest.raises(ModelError, match="another model"):
        ModelStore(tmp_path).find("m")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "students", shipped=tmp_path / "none")


@pytest.mark.parametrize("make", [*KINDS, lambda path: path.write_bytes(b"GGUF other")])
@pytest.mark.parametrize("name", ["adapter.gguf", "prompt.toml", "card.md"])
def test_H08_a_student_that_is_not_what_was_registered_never_serves(
    registry: Registry, tmp_path: Path, make: Make, name: str
) -> None:
    student = registry.add(student_parts(tmp_path / "made", "one"))
    (student.folder / name).unlink()
    make(student.folder / name)
    with pytest.raises(RegistryError, match=f"is damaged: {name}"):
        registry.deploy(student.id)
    assert registry.deployed() is None


@pytest.mark.parametrize("make", [*KINDS, endless])
def test_H08_a_manifest_that_is_no_file_hides_no_other_student(
    registry: Registry, tmp_path: Path, make: Make
) -> None:
    one, two = (registry.add(student_parts(tmp_path / "made", name)) for name in ("one", "two"))
    (one.folder / MANIFEST).unlink()
    make(one.folder / MANIFEST)
    assert [found.id for found in registry.all()] == [two.id]


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname", "a/b", "..", "."])
def test_H08_a_manifest_names_files_of_its_folder_only(registry: Registry, tmp_path: Path, name: str) -> None:
    student = registry.add(student_parts(tmp_path / "made", "one"))
    manifest = json.loads((student.folder / MANIFEST).read_bytes())
    manifest["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    (student.folder / MANIFEST).write_text(json.dumps(manifest))
    assert registry.all() == [] and registry.unreadable() == [student.folder]
