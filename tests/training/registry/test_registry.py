"""Students in the registry: one artefact each, deployed and rolled back, never used when damaged."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.training.registry.students import BASE, parts, sha256
from training.events import open_log
from training.registry import Base, Registered, Registry, RegistryError, State
from training.registry.events import restored, tell
from training.registry.shipped import ship

Add = Callable[..., Registered]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "students", shipped=tmp_path / "shipped")


@pytest.fixture
def add(registry: Registry, tmp_path: Path) -> Add:
    return lambda name, /, **changed: registry.add(parts(tmp_path / "from", name, **changed))


def states(registry: Registry) -> dict[str, str]:
    return {one.name: one.state.value for one in registry.all()}


def test_an_empty_registry_is_nowhere(registry: Registry) -> None:
    assert registry.all() == [] and registry.deployed() is None and registry.unreadable() == []
    assert not registry.folder.exists()


def test_what_was_registered_is_read_back_with_its_lineage(registry: Registry, add: Add) -> None:
    made = add("one")
    (found,) = registry.all()
    assert found == made == registry.get(made.id)
    assert found.state is State.CANDIDATE and not found.shipped and found.model is None
    assert found.manifest.lineage.run_id == "run-one" and found.manifest.lineage.seed == 7
    assert found.manifest.metrics == {"score": 0.9} and found.manifest.gate == "passed"
    assert {name: sha256(found.folder / name) for name in found.manifest.files} == {
        name: file.sha256 for name, file in found.manifest.files.items()
    }
    assert found.folder.name == found.id and len(found.id) == 12
    assert found.adapter == found.folder / "adapter.gguf"
    assert (found.folder.stat().st_mode & 0o777, registry.folder.stat().st_mode & 0o777) == (0o700, 0o700)


def test_the_id_follows_from_the_parts_and_from_nothing_else(registry: Registry, add: Add) -> None:
    one = add("one")
    assert add("one", name="other", metrics={}).id == one.id
    assert registry.get(one.id).name == "one"
    other_base = Base(model="embedded", sha256="c" * 64)
    different = {
        add("one", base=other_base).id,
        add("one", call_format=2).id,
        add("one", quantisation="Q8_0").id,
        add("two").id,
        one.id,
    }
    assert len(different) == 5
    assert add("one", base=BASE.model_copy(update={"model": "/moved.gguf"})).id == one.id


def test_a_student_has_an_adapter_or_weights(registry: Registry, add: Add, tmp_path: Path) -> None:
    for model in (tmp_path / "whole.gguf", None):
        given = {"model": model, "adapter": tmp_path / "a.gguf" if model else None}
        with pytest.raises(RegistryError, match="either an adapter or weights"):
            add("one", **given)
    (tmp_path / "whole.gguf").write_bytes(b"GGUF")
    whole = add("one", adapter=None, model=tmp_path / "whole.gguf", quantisation="Q8_0")
    assert whole.adapter is None and whole.model == whole.folder / "model.gguf"


def test_finding_by_id_by_its_beginning_and_by_name(registry: Registry, add: Add) -> None:
    one, two = add("one"), add("two")
    assert registry.get(one.id[:6]) == registry.get("one") == one
    assert registry.find(two.id) == two and registry.find(two.id[:6]) is None
    for key in ("", "nobody", "../one"):
        with pytest.raises(RegistryError, match="there is no student"):
            registry.get(key)
    add("three", name="two")
    assert registry.find("two") is None
    with pytest.raises(RegistryError, match=r"'two' may be .* or .*; give the whole id"):
        registry.get("two")


def test_deploying_and_rolling_back_along_the_chain(registry: Registry, add: Add) -> None:
    one, two, three = add("one"), add("two"), add("three")
    for each in (one, two, three):
        assert registry.deploy(each.id, reason="better").state is State.DEPLOYED
    assert states(registry) == {"one": "retired", "two": "retired", "three": "deployed"}
    assert registry.rollback() == registry.get(two.id)
    assert states(registry) == {"one": "retired", "two": "deployed", "three": "retired"}
    registry.deploy(three.id)
    back = registry.rollback(one.id)
    assert back is not None and back.id == one.id
    assert registry.rollback() is None
    assert registry.deployed() is None
    with pytest.raises(RegistryError, match="nothing was deployed"):
        registry.rollback()
    history = registry.deployments().history
    assert [(one.action, one.student, one.before) for one in history[-3:]] == [
        ("deployed", three.id, two.id),
        ("rolled back", one.id, three.id),
        ("rolled back", "", one.id),
    ]
    assert len({one.event_id for one in history}) == len(history) == 7


def test_a_candidate_is_retired_and_what_serves_makes_room_for_the_one_before(
    registry: Registry, add: Add
) -> None:
    one, two, three = add("one"), add("two"), add("three")
    registry.deploy(one.id)
    registry.deploy(two.id)
    assert registry.retire(three.id, reason="too slow").state is State.RETIRED
    assert registry.deployments().current == two.id
    assert registry.deployments().history[-1].model_dump(
        include={"action", "student", "before", "reason"}
    ) == {
        "action": "retired",
        "student": three.id,
        "before": two.id,
        "reason": "too slow",
    }
    registry.retire(two.id)
    assert states(registry) == {"one": "deployed", "two": "retired", "three": "retired"}
    with pytest.raises(RegistryError, match="is retired already"):
        registry.retire(two.id)
    registry.deploy(three.id)
    assert states(registry)["three"] == "deployed"


def test_deploying_what_serves_changes_nothing(registry: Registry, add: Add) -> None:
    one = add("one")
    registry.deploy(one.id)
    registry.deploy(one.id)
    assert registry.deployments().chain == (one.id,)
    with pytest.raises(RegistryError, match="did not serve before"):
        registry.rollback(one.id)


@pytest.mark.parametrize("name", ["adapter.gguf", "prompt.toml", "card.md"])
def test_a_damaged_student_is_not_deployed_and_registering_it_again_mends_it(
    registry: Registry, add: Add, name: str
) -> None:
    one, two = add("one"), add("two")
    registry.deploy(one.id)
    content = (two.folder / name).read_bytes()
    (two.folder / name).write_bytes(content[:-1] + b"x")
    line = rf"student {two.id} \(two\) is damaged: {name} is not what was registered; .*export it again"
    with pytest.raises(RegistryError, match=line):
        registry.deploy(two.id)
    (two.folder / name).unlink()
    with pytest.raises(RegistryError, match=f"{name}: No such file"):
        registry.deploy(two.id)
    assert registry.deployed() == registry.get(one.id)
    assert add("two").id == two.id
    assert registry.deploy(two.id).id == two.id


def test_a_rollback_to_a_damaged_student_is_refused_and_a_longer_one_is_not(
    registry: Registry, add: Add
) -> None:
    one, two, three = add("one"), add("two"), add("three")
    for each in (one, two, three):
        registry.deploy(each.id)
    (two.folder / "adapter.gguf").write_bytes(b"")
    with pytest.raises(RegistryError, match="is damaged"):
        registry.rollback()
    assert registry.deployed() == registry.get(three.id)
    back = registry.rollback(one.id)
    assert back is not None and back.id == one.id


def test_a_manifest_that_was_changed_is_no_student(registry: Registry, add: Add) -> None:
    one = add("one")
    manifest = one.folder / "student.json"
    for content in (manifest.read_text().replace('"call_format": 1', '"call_format": 2'), "{", ""):
        manifest.write_text(content)
        assert registry.all() == [] and registry.unreadable() == [one.folder]
        with pytest.raises(RegistryError, match="there is no student"):
            registry.deploy(one.id)
    assert add("one").id == registry.get("one").id == one.id


def test_a_student_of_another_calling_format_does_not_serve(registry: Registry, add: Add) -> None:
    old = add("old", call_format=99)
    with pytest.raises(RegistryError, match="writes calling format 99, and this program 1; train it again"):
        registry.deploy(old.id)


DAMAGES = [b"", b"{", b"[]", b"\xff\xfe", b'{"chain": 3}', b"null", b'{"schema_version": 9}']


@pytest.mark.parametrize("content", DAMAGES)
def test_damaged_deployments_are_said_and_the_version_before_counts(
    registry: Registry, add: Add, content: bytes
) -> None:
    one, two, three = add("one"), add("two"), add("three")
    for each in (one, two, three):
        registry.deploy(each.id)
    (registry.folder / "deployments.json").write_bytes(content)
    (said,) = registry.problems()
    assert "deployments.json: cannot be read; the version before it counts" in said and two.id in said
    assert registry.deployments().chain == (one.id, two.id)
    assert registry.rollback() == registry.get(one.id)
    assert not registry.problems() and registry.deployments().chain == (one.id,)
    assert (registry.folder / "deployments.damaged-1.json").read_bytes() == content


def test_deployments_without_a_version_before_leave_the_shipped_student(registry: Registry, add: Add) -> None:
    one = add("one")
    registry.deploy(one.id)
    (registry.folder / "deployments.json").unlink()
    (registry.folder / "deployments.json").mkdir()
    (said,) = registry.problems()
    assert "the shipped student serves" in said and registry.deployments().chain == ()
    assert registry.deploy(one.id).state.value == "deployed" and not registry.problems()


def test_deployments_are_made_anew_from_the_log(registry: Registry, add: Add, tmp_path: Path) -> None:
    one, two, three = add("one"), add("two"), add("three")
    for each in (one, two, three):
        registry.deploy(each.id)
    registry.rollback()
    before = registry.deployments()
    with closing(open_log(tmp_path / "log")) as log:
        assert restored(registry, log) == ""
        tell(registry, log)
        for name in ("deployments.json", "deployments.json.bak"):
            (registry.folder / name).write_text("{")
        said = restored(registry, log)
        assert "made anew from the decision log" in said and two.id in said
        assert tell(registry, log) == 0
    after = registry.deployments()
    assert after.chain == before.chain == (one.id, two.id)
    assert [one.event_id for one in after.history] == [one.event_id for one in before.history]


@pytest.mark.parametrize("content", DAMAGES)
def test_a_deployed_student_that_cannot_be_read_gives_way_to_the_shipped_one(
    tmp_path: Path, add: Add, content: bytes
) -> None:
    shipped = tmp_path / "shipped"
    maker = Registry(shipped, shipped=tmp_path / "nothing")
    came = maker.add(parts(tmp_path / "from", "came"))
    maker.deploy(came.id)
    registry = Registry(tmp_path / "students", shipped=shipped)
    one = add("one")
    registry.deploy(one.id)
    (one.folder / "student.json").write_bytes(content)
    assert registry.deployed() == registry.get(came.id)
    (said,) = registry.problems()
    assert f"{one.id}/student.json: damaged; it is deployed, and the shipped student serves" in said
    assert registry.rollback() == registry.get(came.id)


def test_only_what_is_out_of_use_is_removed(registry: Registry, add: Add) -> None:
    one, two, three = add("one"), add("two"), add("three")
    registry.deploy(one.id)
    registry.deploy(two.id)
    for each in (one, two):
        with pytest.raises(RegistryError, match="it is kept"):
            registry.remove(each.id)
    registry.remove(three.id)
    assert states(registry) == {"one": "retired", "two": "deployed"}
    assert not list(registry.folder.glob(".*"))


def test_the_shipped_student_serves_until_another_is_deployed(tmp_path: Path, add: Add) -> None:
    shipped = tmp_path / "shipped"
    maker = Registry(shipped, shipped=tmp_path / "nothing")
    came = maker.add(parts(tmp_path / "from", "came"))
    maker.deploy(came.id)
    came.folder.rename(shipped / "by-name")
    registry = Registry(tmp_path / "students", shipped=shipped)
    standard = registry.deployed()
    assert standard is not None and (standard.id, standard.shipped) == (came.id, True)
    registry.deploy(came.id)
    assert registry.deployments().chain == ()
    with pytest.raises(RegistryError, match="comes with the program"):
        registry.remove(came.id)
    one = add("one")
    registry.deploy(one.id)
    assert states(registry) == {"one": "deployed", "came": "retired"}
    assert registry.deployments().history[-1].before == came.id
    assert registry.rollback() == standard
    registry.deploy(one.id)
    registry.deploy("came")
    assert registry.deployments().chain == (one.id, came.id)


def test_a_student_is_shipped_under_a_name_and_serves(registry: Registry, add: Add, tmp_path: Path) -> None:
    embedded = add("one")
    target = ship(embedded, "smollm2-tools", tmp_path / "shipped")
    assert target == tmp_path / "shipped" / "smollm2-tools"
    other = Registry(tmp_path / "elsewhere", shipped=tmp_path / "shipped")
    (serving,) = other.all()
    assert serving == other.deployed() and (serving.id, serving.shipped) == (embedded.id, True)
    assert serving.folder == target
    second = add("two")
    ship(second, "smollm2-tools", tmp_path / "shipped")
    assert [one.id for one in other.all()] == [second.id]
    refused = {
        "the conversion gate was failed": add("three", gate="failed"),
        "its base /x.gguf does not come along": add(
            "four", base=BASE.model_copy(update={"model": "/x.gguf"})
        ),
        "is no name for a folder": second,
    }
    for said, student in refused.items():
        with pytest.raises(RegistryError, match=said):
            ship(student, "../up", tmp_path / "shipped")


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    registry = Registry(tmp_path / "file" / "students", shipped=tmp_path / "shipped")
    with pytest.raises(RegistryError, match=r"Not a directory; make room there, or check its owner"):
        registry.add(parts(tmp_path / "from", "one"))


def test_a_student_that_passes_the_gate_later_is_registered_as_such(registry: Registry, add: Add) -> None:
    assert add("one", gate="failed").manifest.gate == "failed"
    assert add("one").manifest.gate == "passed"
    assert add("one", gate="failed").manifest.gate == "passed"
