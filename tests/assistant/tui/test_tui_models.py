"""The panel of models: the list, the lineage of a student, and its keys."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.student_desk import Refusal
from assistant.tui.model_table import is_trained, model_row, model_text
from assistant.tui.screens.models import ModelsScreen
from tests.assistant.tui.driving import Driver, driving, shown, until
from tests.assistant.tui.fake_chat import FakeChat
from tests.training.jobs.still import StillJobs
from training.models.listing import AVAILABLE, CANDIDATE, DAMAGED, EMBEDDED, Listed
from training.registry import RegistryError

STUDENT = Listed("0123456789ab", "my \x07tools", "SmolLM2", "", CANDIDATE, "", "Apache-2.0", 150_000_000)
BASE = Listed(EMBEDDED, "SmolLM2-135M-Instruct", "SmolLM2", "", EMBEDDED, "", "Apache-2.0", 140_000_000)
AFAR = Listed("qwen2.5-coder-1.5b", "Qwen", "Qwen", "", AVAILABLE, "", "Apache-2.0", None)
BEST, LARGE = replace(AFAR, fits=True, recommended=True), replace(AFAR, id="qwen2.5-coder-7b", fits=False)


class Students:
    """Says what it was asked to do; refuses what is not forced."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def whole_text(self, key: str) -> str:
        if key != STUDENT.id:
            raise RegistryError(f"there is no student {key}")
        return "run: run-one"

    async def use(self, key: str) -> str:
        return self._did(f"uses {key}")

    async def deploy(self, key: str, *, forced: bool = False) -> str:
        if not forced:
            raise Refusal(f"{key} was not compared")
        return self._did(f"serves {key}")

    async def roll_back(self) -> str:
        return self._did("rolled back")

    async def retire(self, key: str) -> str:
        return self._did(f"retired {key}")

    def _did(self, what: str) -> str:
        self.done.append(what)
        return what


async def listed() -> Sequence[Listed]:
    return [STUDENT, BASE, AFAR]


class NoJobs:
    """As where nothing may be pulled."""


async def opened(pilot: Driver, students: Students, jobs: object = NoJobs) -> ModelsScreen:
    screen = ModelsScreen(listed, students, jobs)  # type: ignore[arg-type]
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.table.row_count == 3 and "run-one" in shown(pilot))
    return screen


def test_a_row_names_a_student_and_what_is_not_here_says_how_to_have_it() -> None:
    assert model_row(STUDENT).cells[:2] == ("0123456789ab my \\x07tools", "candidate")
    assert model_row(AFAR).cells[2:4] == ("1.1 GB", "-")
    assert "p pulls it" in model_text(AFAR) and "models pull qwen2.5-coder-1.5b`" in model_text(AFAR)
    assert model_row(BEST).cells[0] == "qwen2.5-coder-1.5b · recommended here"
    assert "fits:     yes; recommended: takes about 1.2 GB; this machine has " in model_text(BEST)
    assert (3, "bad") in model_row(LARGE).tones and "more memory than is free" in model_text(LARGE)
    assert "Enter uses it" in model_text(BASE)
    assert is_trained(STUDENT) and not is_trained(BASE)
    assert not is_trained(Listed(STUDENT.id, "", "", "", DAMAGED, "", "", None))


@pytest.mark.slow
async def test_a_student_is_deployed_used_rolled_back_and_retired_by_key() -> None:
    students = Students()
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        await opened(pilot, students)
        await pilot.press("d")
        await until(pilot, lambda: "no: 0123456789ab was not compared. D lets it" in shown(pilot))
        for key, said in (("D", "serves"), ("enter", "uses"), ("t", "retired"), ("b", "rolled back")):
            await pilot.press(key)
            await until(pilot, lambda said=said: said in students.done[-1:][0] if students.done else False)  # type: ignore[misc]
        await until(pilot, lambda: "rolled back" in shown(pilot))


@pytest.mark.slow
async def test_a_model_that_was_not_trained_here_is_used_and_nothing_else() -> None:
    students = Students()
    async with driving(FakeChat(), size=(200, 60)) as pilot:
        screen = await opened(pilot, students)
        await pilot.press("down", "d")
        await until(pilot, lambda: "only what was trained here can be deployed" in shown(pilot))
        await pilot.press("t")
        await until(pilot, lambda: "can be retired" in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: students.done == ["uses embedded"])
        await pilot.press("down", "r")
        await until(pilot, lambda: "models pull" in shown(pilot))
        assert screen.table.marked == 2, "the mark stays where it was"
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ModelsScreen))


@pytest.mark.slow
async def test_a_key_pulls_what_suits_the_machine_as_a_job(tmp_path: Path) -> None:
    jobs = StillJobs(tmp_path)

    async def found() -> Sequence[Listed]:
        return [BASE, BEST, LARGE]

    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = ModelsScreen(found, Students(), lambda: jobs)  # type: ignore[arg-type]
        pilot.app.push_screen(screen)
        await until(pilot, lambda: "p pulls qwen2.5-coder-1.5b, which suits this machine" in shown(pilot))
        await pilot.press("p")
        await until(pilot, lambda: "waits for its turn" in shown(pilot))
        (job,) = jobs.all()
        assert (job.spec.kind, job.spec.arguments) == ("pull", {"model": BEST.id})
        jobs.tell(job, "started")
        jobs.tell(job, "progress", done=300, total=1117, unit="MB")
        await until(pilot, lambda: "300 of 1,117 MB" in shown(pilot))
        jobs.tell(job, "failed", error="the hub does not answer")
        await until(pilot, lambda: "the hub does not answer; p goes on with it" in shown(pilot))
        await pilot.press("p")
        await until(pilot, lambda: "waits for its turn" in shown(pilot))
        assert len(jobs.all()) == 1
        jobs.tell(job, "done")
        await until(pilot, lambda: "is here: Enter uses it" in shown(pilot))
