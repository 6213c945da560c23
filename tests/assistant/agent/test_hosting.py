"""Students swapped under a chat: what is loaded again and what is not."""

import pytest

from assistant.agent.hosting import Hosting
from training.student.base import StudentError, StudentInfo
from training.student.scripted import ScriptedStudent
from training.student.settings import StudentSettings

FIRST = StudentSettings(model="first.gguf")


class Made:
    """A hosting that has loaded its student; ``students`` are all that were made."""

    def __init__(self) -> None:
        self.students: list[ScriptedStudent] = []
        self.hosting = Hosting(FIRST, self.make)

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
