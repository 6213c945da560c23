"""Trained students in /models and /model."""

from pathlib import Path

from assistant.commands import registry
from tests.assistant.commands.test_command_about import made
from tests.training.registry.students import parts
from training.registry.serving import own_registry


async def test_trained_students_have_their_names_and_can_be_chosen(tmp_path: Path) -> None:
    student = own_registry().add(parts(tmp_path, "my tools"))
    chat, interface, context = made(tmp_path)
    await registry.dispatch(context, "/models")
    assert f"| `{student.id} my tools` | candidate | 287 MB | yes | Apache-2.0 |" in interface.shown[0]
    await registry.dispatch(context, f"/model {student.id}")
    assert chat.models == [student.id]
    typed = f"/model {student.id[:3]}"
    assert [line for line, _ in registry.complete(context, typed)] == [f"/model {student.id}"]


async def test_damaged_deployments_do_not_stop_the_list(tmp_path: Path) -> None:
    own = own_registry()
    own.add(parts(tmp_path, "one"))
    (own.folder / "deployments.json").write_text("{")
    _, interface, context = made(tmp_path)
    await registry.dispatch(context, "/models")
    assert not interface.errors
