"""The panel of training, over jobs in which nothing runs."""

from pathlib import Path

import pytest
from textual.widgets import Input

from assistant.student_desk import Refusal
from assistant.train_desk import TrainForm
from assistant.train_run import RunDesk
from assistant.tui.screens.ask_cases import AskCasesScreen
from assistant.tui.screens.pick import PickScreen
from assistant.tui.screens.train import TrainScreen
from tests.assistant.test_train_desk import ended, form, made_desk, ran
from tests.assistant.tui.driving import Driver, driving, shown, until
from tests.assistant.tui.fake_chat import FakeChat
from tests.training.jobs.still import StillJobs
from tests.training.registry.students import parts
from training.jobs.base import JobSpec
from training.jobs.layout import CANCEL
from training.registry import Registered, Registry

__all__ = ["form"]


class Students:
    """Refuses a student until it is forced."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def serving(self) -> Registered | None:
        return None

    async def deploy(self, key: str, *, forced: bool = False) -> str:
        if not forced:
            raise Refusal(f"{key} is not better: as measured")
        self.done.append(key)
        return f"now serves: {key}"

    async def roll_back(self) -> str:
        return "now serves: the base"


@pytest.fixture
def jobs(tmp_path: Path) -> StillJobs:
    return StillJobs(tmp_path / "jobs")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "students", tmp_path)


async def opened(
    pilot: Driver, jobs: StillJobs, registry: Registry, students: Students | None = None
) -> TrainScreen:
    desk = made_desk(jobs, jobs.folder.parent)
    screen = TrainScreen(desk, RunDesk(jobs, registry), students or Students())  # type: ignore[arg-type]
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.is_mounted and "1 Start" in shown(pilot))
    return screen


@pytest.mark.slow
async def test_a_run_is_estimated_before_it_is_started_and_then_watched(
    jobs: StillJobs, registry: Registry, form: TrainForm
) -> None:
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = await opened(pilot, jobs, registry)
        await until(pilot, lambda: screen.query_one("#epochs", Input).value)
        for name in ("data", "base"):
            screen.query_one(f"#{name}", Input).value = getattr(form, name)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Ctrl+S starts it" in shown(pilot))
        assert jobs.all() == []
        await pilot.press("ctrl+s")
        await until(pilot, lambda: screen.view == "run" and "waits for its turn" in shown(pilot))
        (job,) = jobs.all()
        jobs.tell(job, "started")
        jobs.tell(job, "metric", step=1, loss=0.25)
        await until(pilot, lambda: "loss 0.250" in shown(pilot))
        await pilot.press("x")
        await until(pilot, lambda: (job.folder / CANCEL).exists())


@pytest.mark.slow
async def test_what_there_is_can_be_chosen_and_what_is_wrong_is_said(
    jobs: StillJobs, registry: Registry, form: TrainForm
) -> None:
    done = jobs.submit(JobSpec("generate", "x", "m:f", {"folder": str(jobs.folder.parent / "data")}))
    jobs.tell(done, "done")
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = await opened(pilot, jobs, registry)
        await until(pilot, lambda: screen.query_one("#data", Input).value != "")
        screen.query_one("#data", Input).value = ""
        await pilot.press("2")
        assert screen.view == "run"
        await pilot.press("1")
        assert screen.query_one("#data", Input).value == "", "no field is in focus until one is wanted"
        await pilot.press("down", "1", "2")
        assert screen.query_one("#data", Input).value == "12", "digits are written into a field"
        await pilot.press("enter")
        await until(pilot, lambda: "there is no data at 12" in shown(pilot))
        await pilot.press("down")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickScreen))
        await pilot.press("enter")
        await until(pilot, lambda: screen.query_one("#data", Input).value.endswith("data"))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "No run yet" in shown(pilot))
        await pilot.press("d", "c", "x", "3", "d")
        await until(pilot, lambda: "there is no student of this run yet" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, TrainScreen))


@pytest.mark.slow
async def test_a_refusal_is_said_and_may_be_overruled(
    jobs: StillJobs, registry: Registry, form: TrainForm, tmp_path: Path
) -> None:
    run = ran(made_desk(jobs, tmp_path), jobs, form)
    ended(jobs, run, {})
    students = Students()
    async with driving(FakeChat(), size=(200, 60)) as pilot:
        screen = await opened(pilot, jobs, registry, students)
        screen.action_view("proof")
        await until(pilot, lambda: "e makes a student of it" in shown(pilot))
        await pilot.press("c")
        await until(pilot, lambda: "e exports it first" in shown(pilot))
        student = registry.add(parts(tmp_path / "from", "mine"))
        export = jobs.submit(JobSpec("export", "mine", "m:f", {"run": str(run.outputs)}))
        ended(jobs, export, {"passed": True, "quantisation": "f16", "student": student.id})
        await until(pilot, lambda: "passed the gate" in shown(pilot))
        await pilot.press("d")
        await until(pilot, lambda: "no: " in shown(pilot) and "is not better" in shown(pilot))
        await pilot.press("D")
        await until(pilot, lambda: f"now serves: {student.id}" in shown(pilot))
        assert students.done == [student.id]
        await pilot.press("c")
        await until(pilot, lambda: "both students decide" in shown(pilot))
        await pilot.press("x")
        await until(pilot, lambda: "it stops" in shown(pilot))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskCasesScreen))
        await pilot.press("z", "enter")
        await until(pilot, lambda: "there is no file z" in shown(pilot))
        (tmp_path / "z").write_text("{}\n")
        await pilot.press("enter")
        await until(pilot, lambda: jobs.all()[0].spec.arguments.get("cases") == str(tmp_path / "z"))
        await until(pilot, lambda: "both students decide" in shown(pilot))
        await pilot.press("b")
        await until(pilot, lambda: "now serves: the base" in shown(pilot))
