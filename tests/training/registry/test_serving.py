"""What the settings mean: a student of the registry and what belongs to it, or what they name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.registry.students import parts, sha256
from training.registry import Base, Registered, Registry
from training.registry.listed import listed_students
from training.registry.serving import in_force, own_registry, serving
from training.student.base import StudentError
from training.student.gguf import ModelFileError, called, model_path
from training.student.prompt import prompt_for
from training.student.settings import StudentSettings

Add = Callable[..., Registered]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 80)
    return path


@pytest.fixture
def registry(tmp_path: Path, private_home: Path) -> Registry:
    own = own_registry()
    return Registry(own.folder, shipped=tmp_path / "shipped")


@pytest.fixture
def add(registry: Registry, base: Path, tmp_path: Path) -> Add:
    known = Base(model=str(base), sha256=sha256(base), name="Base", license="mit")
    return lambda name, /, **changed: registry.add(
        parts(tmp_path / "from", name, **{"base": known} | changed)
    )


def asked(base: Path, **given: str) -> StudentSettings:
    return StudentSettings(model=str(base), **given)  # type: ignore[arg-type]


def test_nothing_deployed_is_what_the_settings_say(registry: Registry, add: Add, base: Path) -> None:
    add("one")
    used = in_force(asked(base), registry)
    assert (used.model, used.adapter_path, used.prompt) == (str(base), "", "")


def test_what_is_in_force_stays_so_whatever_is_deployed_later(
    registry: Registry, add: Add, base: Path
) -> None:
    plain = in_force(asked(base), registry)
    one, two = add("one"), add("two")
    registry.deploy(one.id)
    used = in_force(asked(base), registry)
    registry.deploy(two.id)
    assert in_force(plain, registry) == plain and serving(plain, registry) is None
    assert in_force(used, registry) == used
    found = serving(used, registry)
    assert found is not None and found.id == one.id


def test_the_deployed_student_serves_where_its_base_is_named(
    registry: Registry, add: Add, base: Path, tmp_path: Path
) -> None:
    one = registry.deploy(add("one").id)
    used = in_force(asked(base), registry)
    assert (used.model, used.adapter) == (str(base), str(one.adapter))
    assert prompt_for(used.model, used.prompt).instructions == "Call one tool, or answer."
    assert in_force(used, registry) == used
    assert called(Path(used.adapter)) == one.id
    other = StudentSettings(model=str(tmp_path / "other.gguf"))
    assert in_force(other, registry).adapter_path == ""
    assert in_force(StudentSettings(model="https://a.b/v1"), registry).adapter == ""


def test_what_the_settings_say_goes_before(registry: Registry, add: Add, base: Path) -> None:
    one = registry.deploy(add("one").id)
    raw = in_force(asked(base, adapter="none"), registry)
    assert raw.adapter_path == "" and raw.prompt == ""
    assert in_force(asked(base, adapter="/own.gguf"), registry) == asked(base, adapter="/own.gguf")
    mixed = in_force(asked(base, prompt="/own.toml"), registry)
    assert (mixed.adapter, mixed.prompt) == (str(one.adapter), "/own.toml")


def test_a_student_is_named_by_its_id_whatever_is_deployed(registry: Registry, add: Add, base: Path) -> None:
    one, two = add("one"), add("two")
    registry.deploy(one.id)
    used = in_force(StudentSettings(model=two.id), registry)
    assert (used.model, used.adapter) == (str(base), str(two.adapter))
    found = serving(StudentSettings(model=two.id), registry)
    assert found is not None and found.id == two.id
    with pytest.raises(ModelFileError, match="is a student with an adapter over"):
        model_path(two.id)


def test_a_student_with_weights_of_its_own_needs_no_base(registry: Registry, add: Add, base: Path) -> None:
    whole = add("whole", adapter=None, model=base, quantisation="Q8_0")
    base.unlink()
    assert whole.model and serving(StudentSettings(model=str(whole.model)), registry) == whole
    used = in_force(StudentSettings(model=whole.id), registry)
    assert (used.model, used.adapter_path) == (str(whole.model), "")
    assert in_force(used, registry) == used
    assert called(Path(used.model)) == whole.id
    assert model_path(whole.id) == whole.model


def test_a_damaged_student_is_not_served(registry: Registry, add: Add, base: Path) -> None:
    one = registry.deploy(add("one").id)
    assert one.adapter
    one.adapter.write_bytes(b"GGUF")
    with pytest.raises(
        StudentError, match=r"is damaged: adapter.gguf is not what was registered; apprentice"
    ):
        in_force(asked(base), registry)
    assert in_force(asked(base, adapter="none"), registry).adapter == "none"


def test_an_adapter_is_not_put_over_another_base(registry: Registry, add: Add, base: Path) -> None:
    one = registry.deploy(add("one").id)
    base.write_bytes(b"GGUF" + b"\1" * 80)
    with pytest.raises(StudentError, match=f"student {one.id} .one. was trained on another .*base.gguf than"):
        in_force(asked(base), registry)
    base.unlink()
    with pytest.raises(StudentError, match=r"base\.gguf: No such file"):
        in_force(asked(base), registry)


def test_trained_students_as_lines_of_the_list(registry: Registry, add: Add, base: Path) -> None:
    one, two = registry.deploy(add("one").id), add("two")
    broken = add("three")
    (broken.folder / "student.json").write_text("{")
    whole = add("whole", adapter=None, model=base, quantisation="Q8_0")
    lines = {line.id: line for line in listed_students(registry, asked(base))}
    assert {line.name: line.state for line in lines.values()} == {
        "one": "deployed",
        "two": "candidate",
        "whole": "candidate",
        broken.id: "damaged",
    }
    shown = lines[one.id]
    assert (shown.base, shown.adapter, shown.path) == ("Base", str(one.adapter), str(base))
    assert (shown.license, shown.memory_bytes) == ("mit", 304)
    assert (lines[whole.id].path, lines[whole.id].adapter) == (str(whole.model), "")
    base.unlink()
    lines = {line.id: line for line in listed_students(registry, asked(base))}
    assert (lines[two.id].state, lines[two.id].path) == ("missing", "")
