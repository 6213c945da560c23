"""A local student asks how its file is loaded before each load, and tells what it was told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from training.models.choice import LoadChoice
from training.models.naming import addressed
from training.student.base import StudentError
from training.student.local import LocalStudent
from training.student.settings import StudentSettings


class Prepared:
    """Remembers what was asked."""

    def __init__(self, choice: LoadChoice) -> None:
        self.choice = choice
        self.asked: list[Path] = []

    async def __call__(self, path: Path, settings: StudentSettings) -> LoadChoice:
        self.asked.append(path)
        return self.choice


@pytest.fixture
async def prepared() -> AsyncIterator[tuple[LocalStudent, Prepared]]:
    prepare = Prepared(LoadChoice(context_tokens=768, threads=1, batch=32, notice="less than it has"))
    student = LocalStudent(StudentSettings(), prepare=prepare)
    yield student, prepare
    await student.close()


@pytest.mark.gguf
async def test_G11_the_choice_decides_and_its_notice_is_told(prepared: tuple[LocalStudent, Prepared]) -> None:
    student, prepare = prepared
    info = await student.start()
    assert (info.context_tokens, info.notice) == (768, "less than it has")
    await student.start()
    assert len(prepare.asked) == 1
    await student.close()
    await student.start()
    assert len(prepare.asked) == 2


async def test_a_file_that_is_not_there_is_not_prepared() -> None:
    prepare = Prepared(LoadChoice(768, 1, 0))
    student = LocalStudent(StudentSettings(model="qwen3-4b"), prepare=prepare)
    with pytest.raises(StudentError, match="apprentice models pull qwen3-4b"):
        await student.start()
    assert prepare.asked == []


@pytest.mark.parametrize(
    ("model", "name", "expected"),
    [
        ("http://h/v1#a:1b", "", ("http://h/v1", "a:1b")),
        ("http://h/v1#a", "old", ("http://h/v1", "a")),
        ("http://h/v1", "b", ("http://h/v1", "b")),
        ("embedded", "", ("embedded", "")),
    ],
)
def test_a_model_of_a_server_is_named_in_one_word(model: str, name: str, expected: tuple[str, str]) -> None:
    found = addressed(StudentSettings(model=model, name=name))
    assert (found.model, found.name) == expected
