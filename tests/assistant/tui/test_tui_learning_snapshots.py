"""How the panels of learning look. Each picture stands for something that words in a test cannot say."""

import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from assistant.arena import Arena
from assistant.settings import Settings
from assistant.student_desk import StudentDesk
from assistant.train_desk import TrainForm
from assistant.train_run import RunDesk
from assistant.tui.screens.arena import ArenaScreen
from assistant.tui.screens.curate import CurateScreen
from assistant.tui.screens.jobs import JobsScreen
from assistant.tui.screens.models import ModelsScreen
from assistant.tui.screens.train import TrainScreen
from tests.assistant.test_arena import Says, asked
from tests.assistant.test_curate_desk import desk_of, drafted
from tests.assistant.test_train_desk import form, made_desk
from tests.assistant.tui.driving import application, shown, started, until
from tests.assistant.tui.fake_chat import FakeChat
from tests.assistant.tui.test_tui_models import AFAR, BASE
from tests.assistant.tui.test_tui_train import Students
from tests.training.curation.rows import row
from tests.training.jobs.still import StillJobs
from tests.training.jobs.test_news import made
from tests.training.registry.students import parts
from training.curation import projection
from training.events import open_log
from training.jobs.layout import SPEC
from training.jobs.store import Jobs
from training.models.listing import Listed
from training.registry import Registry
from training.registry.base import MANIFEST
from training.registry.listed import listed_students
from training.student.settings import StudentSettings

__all__ = ["form"]

Compare = Callable[..., bool]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are drawn in the reader's zone."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def showing(screen: Screen[Any], text: str, *keys: str) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def run(pilot: Pilot[int]) -> None:
        await started(pilot)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: text in shown(pilot))
        await pilot.press(*keys)
        await pilot.pause()

    return run


def never_older(folder: Path, title: str, kind: str) -> None:
    """A job of another title whose age does not grow while the picture is drawn."""
    document = orjson.loads((folder / SPEC).read_bytes())
    document |= {"created": "2039-01-01T00:00:00+00:00", "title": title, "kind": kind}
    (folder / SPEC).write_bytes(orjson.dumps(document))


def test_a_run_with_its_curves(snap_compare: Compare, tmp_path: Path, form: TrainForm) -> None:
    """Curves in the colours of the theme, side by side, below the figures of the run."""
    jobs = StillJobs(tmp_path / "jobs")
    desk = made_desk(jobs, tmp_path)
    desk.estimate(form)
    job = desk.start(form)
    for step in range(1, 61):
        jobs.tell(job, "metric", step=step, loss=3 / step**0.5 + step % 5 / 20, examples_per_s=6.0)
        if step % 10 == 0:
            shares = {"tool": 0.4 + step / 110, "call": 0.3 + step / 120, "restraint": 0.97, "score": step}
            jobs.tell(job, "metric", step=step, validation_loss=3.4 / step**0.5, **shares)
    never_older(job.folder, "mine: LoRA on embedded", "finetune")
    runs = RunDesk(jobs, Registry(tmp_path / "students", tmp_path))
    screen = TrainScreen(desk, runs, Students())  # type: ignore[arg-type]
    run = showing(screen, "held out, in %")
    assert snap_compare(application(FakeChat()), terminal_size=(100, 30), run_before=run)


def test_jobs_in_80x24(snap_compare: Compare, tmp_path: Path) -> None:
    """States are told apart by colour, titles have room, and what is known of one stands below."""
    half = {"what": "progress", "done": 30, "total": 60, "unit": "steps"}
    figures = {"what": "metric", "step": 30, "loss": 0.4217, "examples_per_s": 6.25}
    running = made(tmp_path, "c", {"what": "started"}, half, figures, alive=True)
    never_older(running, "examples: LoRA on embedded", "finetune")
    error = "line 3 of train.jsonl is no JSON; mend or remove it"
    never_older(made(tmp_path, "b", {"what": "failed", "error": error}), "mended: LoRA", "finetune")
    never_older(made(tmp_path, "a", {"what": "started"}, {"what": "done"}), "1,000 examples", "generate")
    run = showing(JobsScreen(Jobs(tmp_path)), "30 of 60 steps")
    assert snap_compare(application(FakeChat()), terminal_size=(80, 24), run_before=run)


def test_models_in_80x24(snap_compare: Compare, tmp_path: Path) -> None:
    """Which one serves is seen at once, sizes stand in columns, the lineage below is whole."""
    registry = Registry(tmp_path / "students", tmp_path)
    student = registry.add(parts(tmp_path / "from", "my tools"))
    document = orjson.loads((student.folder / MANIFEST).read_bytes()) | {
        "created": "2030-01-01T12:00:00+00:00"
    }
    (student.folder / MANIFEST).write_bytes(orjson.dumps(document))
    registry.deploy(student.id)

    async def listed() -> list[Listed]:
        models = [*listed_students(registry, StudentSettings()), BASE, AFAR]
        return [replace(one, adapter="", path="") for one in models]

    desk = StudentDesk(FakeChat(), registry, Settings)  # type: ignore[arg-type]
    run = showing(ModelsScreen(listed, desk, lambda: Jobs(tmp_path / "jobs")), "run-my tools")
    assert snap_compare(application(FakeChat()), terminal_size=(80, 24), run_before=run)


def test_arena_in_80x24(snap_compare: Compare) -> None:
    """Two choices side by side, alike but for what they say; the keys below."""
    log = open_log()
    asked(log, "where is parse_config defined, and who calls it?")
    one = Says("one", 'search_files {"pattern": "parse_config"}')
    two = Says("two", "It is defined in src/config.py, line 41, as far as I remember, and called by main.")
    arena = Arena(log, one, two, random.Random(1))  # type: ignore[arg-type]
    run = showing(ArenaScreen(arena), "0 votes so far")
    assert snap_compare(application(FakeChat()), terminal_size=(80, 24), run_before=run)
    log.close()


def curated(folder: Path) -> CurateScreen:
    """Three tools, each with repetitions and with requests of its own."""
    asked = {
        "read_file": "show me the {}",
        "run_tests": "do the tests of the {} pass",
        "git_diff": "diff the {}",
    }
    words = ("parser", "cache", "router", "socket", "ledger", "planner", "kernel", "matrix")
    rows = [
        row(
            form.format(words[n % 8]) + " again" * (n // 12), tool, {"path": words[n % 8]}, number=18 * at + n
        )
        for at, (tool, form) in enumerate(asked.items())
        for n in range(18)
    ]
    desk = desk_of(folder)
    drafted(desk, rows)
    return CurateScreen(desk)


def test_what_is_left_out_in_80x24(snap_compare: Compare, tmp_path: Path) -> None:
    """A decision stands beside the one that it was left out for, whole words of both in half a line each."""
    run = showing(curated(tmp_path), "a draft of 4", "3", "down")
    assert snap_compare(application(FakeChat()), terminal_size=(80, 24), run_before=run)


def test_a_map_of_decisions(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools have their colours, what is left out is small, the one that is selected stands out."""
    monkeypatch.setattr(projection, "FEW", 100)
    run = showing(curated(tmp_path), "a draft of 4", "4", "right", "down")
    assert snap_compare(application(FakeChat()), terminal_size=(120, 36), run_before=run)
