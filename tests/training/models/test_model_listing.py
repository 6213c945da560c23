"""One list of all models, with a state for each."""

from pathlib import Path

import pytest

from training.models.base import ModelError
from training.models.catalogue import EMBEDDED, catalogue
from training.models.digest import sha256_of_file
from training.models.discovery import Served
from training.models.listing import Listed, listing
from training.models.store import PART, Installed, ModelStore
from training.student.gguf import ModelFileError, embedded_model, model_path
from training.student.settings import StudentSettings

SERVED = [Served("http://127.0.0.1:8080/v1", "a"), Served("http://127.0.0.1:8080/v1", "b")]


def put(store: ModelStore, model_id: str, content: bytes = b"GGUF" + b"\0" * 60) -> Path:
    with store.pulling(model_id) as folder:
        part = folder / f"x{PART}"
        part.write_bytes(content)
        model = Installed(
            id=model_id,
            name=model_id.upper(),
            base="maker/base",
            repo="maker/repo",
            file="m.gguf",
            revision="c" * 40,
            sha256=sha256_of_file(part),
            bytes=len(content),
            license="mit",
        )
        return store.publish(model, part)


def states(store: ModelStore, served: list[Served] | None = None, **settings: str) -> dict[str, Listed]:
    found = listing(StudentSettings(**settings), store, served or [])  # type: ignore[arg-type]
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def test_a_fresh_machine_has_the_embedded_one_and_a_catalogue(store: ModelStore) -> None:
    found = states(store)
    assert list(found) == list(catalogue())
    assert found[EMBEDDED].state == "in use"
    assert found[EMBEDDED].path == str(embedded_model())
    assert {one.state for one in found.values()} == {"in use", "available"}
    assert found["qwen3-0.6b"].memory_bytes == 639_446_688 + 8192 * 114_688


def test_every_state(store: ModelStore) -> None:
    path = put(store, "mine")
    put(store, "cut").write_bytes(b"GGUF")
    put(store, "gone").unlink()
    with store.pulling("qwen3-4b") as folder:
        (folder / f"x{PART}").write_bytes(b"GG")
    found = states(store, SERVED, model="mine", adapter="/a/b.gguf")
    assert next(iter(found)) == "mine"
    assert (found["mine"].state, found["mine"].adapter, found["mine"].path) == (
        "in use",
        "/a/b.gguf",
        str(path),
    )
    assert (found["mine"].license, found["mine"].base, found["mine"].memory_bytes) == (
        "mit",
        "maker/base",
        64,
    )
    assert found[EMBEDDED].state == "embedded"
    assert [found[name].state for name in ("cut", "gone", "qwen3-4b")] == ["damaged", "damaged", "partial"]
    served = found["http://127.0.0.1:8080/v1#a"]
    assert (served.state, served.name, served.path) == ("endpoint", "a", "http://127.0.0.1:8080/v1")
    assert served.memory_bytes is None


@pytest.mark.parametrize(
    ("settings", "used"),
    [
        ({"model": "http://127.0.0.1:8080/v1#b"}, "http://127.0.0.1:8080/v1#b"),
        ({"model": "http://127.0.0.1:8080/v1"}, "http://127.0.0.1:8080/v1#a"),
        ({"model": "http://127.0.0.1:8080/v1", "name": "b"}, "http://127.0.0.1:8080/v1#b"),
        ({"model": "https://example.org/v1", "name": "far"}, "https://example.org/v1"),
    ],
)
def test_a_server_in_use(store: ModelStore, settings: dict[str, str], used: str) -> None:
    found = states(store, SERVED, **settings)
    assert next(iter(found)) == used
    assert [one.id for one in found.values() if one.state == "in use"] == [used]


def test_a_file_of_the_person_in_use(store: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    found = states(store, model=str(path))
    assert found[str(path)].state == "missing"
    path.write_bytes(b"GGUF" * 20)
    found = states(store, model=str(path))
    assert (found[str(path)].state, found[str(path)].memory_bytes) == ("in use", 80)


def test_a_pulled_model_in_use_by_its_path_is_one_line(store: ModelStore) -> None:
    path = put(store, "mine")
    assert states(store, model=str(path))["mine"].state == "in use"


def test_a_student_that_was_removed_is_not_in_use(store: ModelStore) -> None:
    assert states(store, model="qwen3-4b")["qwen3-4b"].state == "available"


def test_ids_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path))
    path = put(ModelStore(), "mine")
    assert model_path("mine") == path
    assert model_path("own/x.gguf") == Path("own/x.gguf").absolute()
    with pytest.raises(
        ModelFileError, match="qwen3-4b is not on this machine; apprentice models pull qwen3-4b"
    ):
        model_path("qwen3-4b")
    with pytest.raises(ModelFileError, match="'nonsense' is no model here"):
        model_path("nonsense")
    path.write_bytes(b"GGUF" + b"\1" * 60)
    with pytest.raises(ModelFileError, match="changed since it was pulled"):
        model_path("mine")


def test_a_kill_between_record_and_file_leaves_a_pull_that_goes_on(store: ModelStore) -> None:
    path = put(store, "mine")
    path.rename(path.with_name(f"x{PART}"))
    assert store.find("mine") is None and store.all() == []
    assert store.begun("mine") is not None


def test_removing_takes_all_of_it_and_nothing_else(store: ModelStore, tmp_path: Path) -> None:
    put(store, "mine")
    (tmp_path / "outside").mkdir()
    assert store.remove("mine") and store.all() == []
    assert not store.remove("mine")
    for name in ("", "..", "../outside", "a/b", ".hidden"):
        assert not store.remove(name)
    assert (tmp_path / "outside").is_dir()


def test_a_record_that_cannot_be_read_is_said(store: ModelStore) -> None:
    path = put(store, "mine")
    (path.parent / "record.json").write_text("{")
    with pytest.raises(ModelError, match=r"the record of this model cannot be read; remove .* pull it again"):
        store.all()
