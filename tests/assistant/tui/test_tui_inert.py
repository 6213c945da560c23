"""E1, E2, E5: every panel with hostile text wherever it shows text of others.

A screen that is new has to be added to ``SCENES``, or the first test fails.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from assistant.arena import Arena
from assistant.commands.markdown import block, code, plain, table
from assistant.reviewing import Reviewer
from assistant.settings import Settings
from assistant.student_desk import Refusal
from assistant.teach_desk import TeachDesk
from assistant.train_run import RunDesk
from assistant.tui import screens
from assistant.tui.screens.arena import ArenaScreen
from assistant.tui.screens.ask_cases import AskCasesScreen
from assistant.tui.screens.ask_file import AskFileScreen
from assistant.tui.screens.chat import ChatScreen
from assistant.tui.screens.curate import CurateScreen
from assistant.tui.screens.decision_correction import CorrectionScreen
from assistant.tui.screens.decision_record import RecordScreen
from assistant.tui.screens.decisions import DecisionsScreen
from assistant.tui.screens.details import DetailsScreen
from assistant.tui.screens.help import HelpScreen
from assistant.tui.screens.job_log import JobLogScreen
from assistant.tui.screens.jobs import JobsScreen
from assistant.tui.screens.models import ModelsScreen
from assistant.tui.screens.pick import PickScreen, Row
from assistant.tui.screens.teach import TeachScreen
from assistant.tui.screens.train import TrainScreen
from assistant.tui.screens.window import WindowScreen
from tests.assistant.test_arena import Says, asked
from tests.assistant.test_curate_desk import desk_of, drafted
from tests.assistant.test_teach_desk import FakeJobs, begun
from tests.assistant.test_train_desk import made_desk
from tests.assistant.tui.driving import Driver, driving, screen_of, shown, until
from tests.assistant.tui.fake_chat import FakeChat, call
from tests.assistant.tui.test_tui_panels import StoredChat
from tests.assistant.tui.test_tui_train import Students
from tests.assistant.tui.test_tui_window import USE
from tests.training.curation.rows import row as decision
from tests.training.generation.making import example
from tests.training.jobs.still import StillJobs
from tools.calls import ToolResult
from training.events import open_log
from training.events.decisions import rows
from training.jobs.base import Job, JobSpec, JobState
from training.jobs.layout import LOG
from training.models.listing import CANDIDATE, Listed
from training.registry import Registry

LITERAL = "[@click=app.quit]x[/]"
HOSTILE = f"{LITERAL}\x1b]52;c;QQ==\x07\x9b31m\u202e\u200b\x00\x1b[2J[bold]b"
FORBIDDEN = frozenset(map(chr, [*range(32), *range(127, 160), 0x202E, 0x200B])) - {"\n"}
Scene = Callable[[Path], "Screen[Any]"]


def decided(folder: Path) -> tuple[StoredChat, str]:
    chat = StoredChat(folder)
    return chat, chat.decide(HOSTILE, HOSTILE, success=False)


def decisions(folder: Path) -> Screen[Any]:
    chat, _ = decided(folder)
    return DecisionsScreen(chat.log, chat.tools, chat.workspace)


def record(folder: Path) -> Screen[Any]:
    chat, event = decided(folder)
    return RecordScreen(event, chat.log, Reviewer(chat.log, chat.tools))


def correction(folder: Path) -> Screen[Any]:
    chat, _ = decided(folder)
    row = next(iter(rows(chat.log)))
    return CorrectionScreen(row, {HOSTILE: {"properties": {HOSTILE: {}}}}, lambda *_: None)  # type: ignore[arg-type]


def jobs_of(folder: Path) -> tuple[StillJobs, Job]:
    jobs = StillJobs(folder / "jobs")
    job = jobs.submit(JobSpec("finetune", HOSTILE, "module:function", {"name": HOSTILE, "data": HOSTILE}))
    (job.folder / LOG).write_text(HOSTILE + "\n" + HOSTILE, errors="replace")
    for what, said in {"started": "text", "note": "text", "failed": "error"}.items():
        jobs.tell(job, what, **{said: HOSTILE})
    return jobs, jobs.get(job.id)


def teach(folder: Path) -> Screen[Any]:
    jobs = FakeJobs()
    desk = TeachDesk(Settings(), jobs, folder)  # type: ignore[arg-type]
    plan = desk.plan(desk.newest())
    desk.start(plan)
    begun(
        plan, example(HOSTILE.replace("\x00", ""), HOSTILE.replace("\x00", ""), HOSTILE.replace("\x00", ""))
    )
    jobs.end(JobState.DONE)
    return TeachScreen(desk)


class HostileStudents(Students):
    """Refuses, and says so, in hostile words."""

    def whole_text(self, key: str) -> str:
        return HOSTILE

    async def deploy(self, key: str, *, forced: bool = False) -> str:
        raise Refusal(HOSTILE)


def models(folder: Path) -> Screen[Any]:
    async def listed() -> list[Listed]:
        return [Listed(HOSTILE, HOSTILE, HOSTILE, HOSTILE, CANDIDATE, HOSTILE, HOSTILE, 150_000_000)]

    return ModelsScreen(listed, HostileStudents(), lambda: StillJobs(folder))  # type: ignore[arg-type]


def train(folder: Path) -> Screen[Any]:
    jobs, _ = jobs_of(folder)
    runs = RunDesk(jobs, Registry(folder / "students", folder))
    return TrainScreen(made_desk(jobs, folder), runs, Students())  # type: ignore[arg-type]


def arena(_folder: Path) -> ArenaScreen:
    log = open_log()
    asked(log, HOSTILE)
    one, two = Says(HOSTILE, HOSTILE), Says("two", "two")
    return ArenaScreen(Arena(log, one, two))  # type: ignore[arg-type]


def curate(folder: Path) -> Screen[Any]:
    hostile = HOSTILE.replace("\x00", "")
    desk = desk_of(folder)
    drafted(desk, [decision(hostile, hostile, {hostile: hostile}, number=n) for n in range(9)], hostile)
    return CurateScreen(desk)


SCENES: dict[type[Screen[Any]], Scene | None] = {
    ArenaScreen: arena,
    AskCasesScreen: lambda _: AskCasesScreen(Path(HOSTILE)),
    AskFileScreen: lambda folder: AskFileScreen(HOSTILE, folder, HOSTILE, ("json",)),
    ChatScreen: None,  # the screen below; what it shows is in test_tui_transcript
    CorrectionScreen: correction,
    CurateScreen: curate,
    DecisionsScreen: decisions,
    DetailsScreen: lambda _: DetailsScreen(
        call(HOSTILE, path=HOSTILE), ToolResult(False, HOSTILE, diff=HOSTILE)
    ),
    HelpScreen: lambda _: HelpScreen([("/" + HOSTILE, HOSTILE)]),
    JobLogScreen: lambda folder: JobLogScreen(jobs_of(folder)[1]),
    JobsScreen: lambda folder: JobsScreen(jobs_of(folder)[0]),
    ModelsScreen: models,
    PickScreen: lambda _: PickScreen(HOSTILE, [Row(HOSTILE, (HOSTILE, HOSTILE))], HOSTILE),
    RecordScreen: record,
    TeachScreen: teach,
    TrainScreen: train,
    WindowScreen: lambda _: WindowScreen(USE),
}
KEYS: dict[type[Screen[Any]], tuple[str, ...]] = {
    ArenaScreen: ("slash", "z", "enter", "1", "r"),
    CurateScreen: ("3", "down", "tab", "4", "down", "right", "2"),
    DecisionsScreen: ("2", "3", "1", "slash"),
    TeachScreen: ("down",),
    TrainScreen: ("ctrl+n", "ctrl+n"),
    ModelsScreen: ("d",),
    PickScreen: ("z",),
}


def every_screen() -> set[type[Screen[Any]]]:
    """The screens that the program has, without what others are made from."""
    found = set()
    for module in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."):
        for one in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(one) and issubclass(one, Screen) and one.__module__ == module.name:
                found.add(one)
    return {one for one in found if not any(issubclass(other, one) for other in found - {one})}


def test_every_screen_has_its_scene() -> None:
    missing = every_screen() - set(SCENES)
    assert not missing, "give it a scene with hostile text in SCENES"


def assert_inert(pilot: Driver) -> None:
    held = sorted(FORBIDDEN & set(shown(pilot)))
    assert not held, [hex(ord(one)) for one in held]
    for strip in pilot.app.screen._compositor.render_strips():
        for segment in strip:
            meta = segment.style.meta if segment.style else {}
            assert "app.quit" not in str(meta), "text became a button"


@pytest.mark.slow
@pytest.mark.parametrize("screen", [one for one in SCENES if SCENES[one]], ids=lambda one: one.__name__)
async def test_E01_E02_E05_a_panel_shows_hostile_text_as_text(
    tmp_path: Path, screen: type[Screen[Any]]
) -> None:
    make = SCENES[screen]
    assert make is not None
    async with driving(FakeChat(), size=(150, 45)) as pilot:
        pilot.app.push_screen(make(tmp_path))
        await until(pilot, lambda: isinstance(pilot.app.screen, screen))
        if screen not in (WindowScreen, TrainScreen):
            await until(pilot, lambda: LITERAL[:8] in shown(pilot))
        assert_inert(pilot)
        for key in KEYS.get(screen, ()):
            await pilot.press(key)
            await pilot.pause(0.2)
            assert_inert(pilot)
        await pilot.resize_terminal(60, 16)
        await pilot.pause(0.1)
        assert_inert(pilot)
        assert pilot.app.is_running


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        block(HOSTILE, "diff"),
        f"{code(HOSTILE)} {plain(HOSTILE)}",
        table((code(HOSTILE),), [(code(HOSTILE), plain(HOSTILE))]),
        HOSTILE,
    ],
    ids=["block", "words", "table", "answer"],
)
async def test_E01_E02_what_a_command_shows_is_text(text: str) -> None:
    """/diff, /permissions, /memory and the like show their facts in these pieces."""
    async with driving(FakeChat(), size=(150, 45)) as pilot:
        screen_of(pilot).interface.show(text)
        await until(pilot, lambda: "app.quit" in shown(pilot))
        assert_inert(pilot)
