"""The panel of jobs, over folders of jobs that nothing runs in, and what the chat says when one ends."""

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import paths
from assistant.tui.job_table import age, how_far, job_row, log_text
from assistant.tui.screens.job_log import JobLogScreen
from assistant.tui.screens.jobs import JobsScreen
from tests.assistant.tui.driving import Driver, driving, shown, until
from tests.assistant.tui.fake_chat import FakeChat
from tests.training.jobs.test_news import made
from training.jobs.journal import Journal
from training.jobs.layout import CANCEL, JOURNAL, LOG
from training.jobs.store import Jobs

HALF = {"what": "progress", "done": 30, "total": 60, "unit": "steps"}
NOW = datetime(2030, 1, 1, 3, tzinfo=UTC)


def job_of(folder: Path, *lines: dict[str, object], alive: bool = False):
    return Jobs(folder).get(made(folder, "a", *lines, alive=alive).name)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (({"what": "queued"},), "waits for its turn"),
        (({"what": "started"}, HALF), "50%"),
        (({"what": "started"}, {"what": "progress", "done": 7, "unit": "rows"}), "7 rows"),
        (({"what": "started"}, {"what": "done", "at": "2030-01-01T00:05:00+00:00"}), "took 5 min"),
        (({"what": "started"}, HALF, {"what": "failed", "error": "no room"}), "no room"),
        (({"what": "started"}, HALF, {"what": "cancelled"}), "50%"),
    ],
)
def test_how_far_a_job_is_in_a_few_words(
    tmp_path: Path, lines: tuple[dict[str, object], ...], said: str
) -> None:
    assert how_far(job_of(tmp_path, *lines, alive=True)) == said


def test_a_row_holds_nothing_that_a_terminal_acts_upon(tmp_path: Path) -> None:
    job = job_of(tmp_path, {"what": "failed", "error": "a\x1b]0;b\n"})
    assert job_row(job, NOW).cells[3] == "a\\x1b]0;b\\n"
    (job.folder / LOG).write_text("50%\r100%\x1b[2J\n")
    assert log_text(job).endswith("\n\n100%")


@pytest.mark.slow
def test_E07_a_log_of_two_hundred_megabytes_opens_at_once(tmp_path: Path) -> None:
    job = job_of(tmp_path, {"what": "started"})
    with (job.folder / LOG).open("wb") as file:
        file.truncate(200 << 20)
        file.seek(0, 2)
        file.write(b"\nthe newest line\n")
    tracemalloc.start()

    text = log_text(job)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert text.endswith("the newest line")
    assert peak < 16 << 20


@pytest.mark.parametrize(
    ("since", "said"),
    [("02:59:48", "12 s"), ("02:30:00", "30 min"), ("00:00:00", "3 h"), ("nonsense", "0 s")],
)
def test_an_age_is_one_number(since: str, said: str) -> None:
    assert age(f"2030-01-01T{since}+00:00", NOW) == said


async def opened(pilot: Driver, folder: Path) -> JobsScreen:
    screen = JobsScreen(Jobs(folder))
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.table.row_count or "No jobs yet" in shown(pilot))
    return screen


@pytest.mark.slow
async def test_jobs_are_followed_and_cancelled_by_key(tmp_path: Path) -> None:
    running = made(tmp_path, "b", {"what": "started"}, HALF, alive=True)
    made(tmp_path, "a", {"what": "started"}, {"what": "note", "text": "reading"}, {"what": "done"})
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = await opened(pilot, tmp_path)
        await until(pilot, lambda: "30 of 60 steps" in shown(pilot))
        await pilot.press("c")
        await until(pilot, lambda: (running / CANCEL).exists() and "is asked to stop" in shown(pilot))
        Journal(running / JOURNAL).write("cancelled")
        await until(pilot, lambda: "cancelled" in screen.table.rows[0].cells)
        await pilot.press("c")
        await until(pilot, lambda: "nothing to cancel" in shown(pilot))
        made(tmp_path, "c", {"what": "started"}, alive=True)
        await until(pilot, lambda: screen.table.row_count == 3)
        assert screen.table.marked == 1, "the mark stays on its job"
        await pilot.press("down", "r")
        await until(pilot, lambda: "nothing to resume" in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobLogScreen) and "reading" in shown(pilot))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, JobsScreen))


@pytest.mark.slow
async def test_no_jobs_are_said_to_be_none(tmp_path: Path) -> None:
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        await opened(pilot, tmp_path)
        await pilot.press("c", "r", "enter")
        await until(pilot, lambda: "No jobs yet" in shown(pilot))


async def test_the_chat_tells_that_a_job_ended_before_it_was_opened() -> None:
    paths.jobs_dir().mkdir(parents=True)
    made(paths.jobs_dir(), "a", {"what": "started"}, {"what": "done"})
    async with driving(FakeChat(), size=(100, 30)) as pilot:
        await until(pilot, lambda: "job done: finetune a student" in shown(pilot))
