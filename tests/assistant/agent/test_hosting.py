"""Students swapped under a chat: what is loaded again and what is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.agent.hosting import Hosting
from tests.training.registry.students import parts, sha256
from training.registry import Base, Registered
from training.registry.serving import own_registry
from training.student.base import StudentError, StudentInfo
from training.student.scripted import ScriptedStudent
from training.student.settings import StudentSettings

FIRST = StudentSettings(model="first.gguf")


class Made:
    """A hosting that has loaded its student; ``students`` are all that were made."""

    def __init__(self, settings: StudentSettings = FIRST) -> None:
        self.students: list[ScriptedStudent] = []
        self.hosting = Hosting(settings, self.make)

    def make(self, settings: StudentSettings) -> ScriptedStudent:
        self.students.append(Refusing([]) if "refusing" in settings.model else ScriptedStudent([]))
        return self.students[-1]


class Refusing(ScriptedStudent):
    async def start(self) -> StudentInfo:
        raise StudentError("cannot be loaded")


@pytest.fixture
async def made() -> Made:
    made = Made()
    await made.hosting.ready()
    return made


async def test_another_adapter_keeps_the_loaded_base(made: Made) -> None:
    student = made.hosting.student
    await made.hosting.swap(FIRST.model_copy(update={"adapter": "a.gguf"}))
    assert made.hosting.student is student
    assert made.hosting.info.adapter == "a.gguf"
    assert made.hosting.settings.adapter == "a.gguf"
    await made.hosting.swap(FIRST)
    assert made.hosting.info.adapter == ""
    assert len(made.students) == 1


@pytest.fixture
def add(tmp_path: Path) -> Callable[[str, str], Registered]:
    """Registers a student over ``first.gguf``, with a prompt of its own."""

    def added(name: str, instructions: str) -> Registered:
        (tmp_path / "first.gguf").write_bytes(b"GGUF")
        base = Base(model=str(tmp_path / "first.gguf"), sha256=sha256(tmp_path / "first.gguf"))
        given = parts(tmp_path / name, name, base=base)
        given.prompt.write_text(f'instructions = "{instructions}"\n')
        return own_registry().add(given)

    return added


async def test_what_is_deployed_meanwhile_serves_after_a_swap_on_the_same_base(
    tmp_path: Path, add: Callable[[str, str], Registered]
) -> None:
    made = Made(StudentSettings(model=str(tmp_path / "first.gguf")))
    await made.hosting.ready()
    assert made.hosting.info.adapter == ""
    one, two = add("one", "First."), add("two", "Second.")
    for each, said in ((one, "First."), (two, "Second.")):
        own_registry().deploy(each.id)
        await made.hosting.swap(made.hosting.settings)
        assert made.hosting.info.adapter == str(each.adapter)
        assert made.hosting.prompt.instructions == said
    assert made.hosting.used.adapter == str(two.adapter)
    own_registry().rollback()
    assert made.hosting.used.adapter == str(two.adapter)
    await made.hosting.swap(made.hosting.settings)
    assert made.hosting.info.adapter == str(one.adapter)
    await made.hosting.swap(StudentSettings(model=two.id))
    assert made.hosting.info.adapter == str(two.adapter)
    assert len(made.students) == 1
    (one.folder / "prompt.toml").write_text("")
    with pytest.raises(StudentError, match="is damaged"):
        await made.hosting.swap(StudentSettings(model=one.id))
    assert made.hosting.prompt.instructions == "Second."


async def test_another_base_is_another_student(made: Made) -> None:
    await made.hosting.swap(StudentSettings(model="second.gguf", adapter="a.gguf"))
    assert len(made.students) == 2
    assert made.hosting.student is made.students[1]


async def test_the_same_once_more_is_loaded_anew(made: Made) -> None:
    """The file may be another one by now."""
    await made.hosting.swap(FIRST)
    assert len(made.students) == 2


async def test_a_base_that_cannot_be_loaded_leaves_the_one_before(made: Made) -> None:
    with pytest.raises(StudentError):
        await made.hosting.swap(StudentSettings(model="refusing.gguf"))
    assert made.hosting.student is made.students[0]
    assert made.hosting.settings == FIRST
