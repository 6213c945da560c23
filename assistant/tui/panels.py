"""Opens a panel by name: the part of ``Interface.open_panel`` that needs what the chat holds."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from training.student.base import StudentError

if TYPE_CHECKING:
    from assistant.student_desk import StudentDesk
    from assistant.tui.screens.chat import ChatScreen


async def open_panel(screen: "ChatScreen", name: str) -> bool:
    """Open it and wait until it is closed. False where there is no such panel."""
    panel = _PANELS.get(name)
    if panel is None:
        return False
    await panel(screen)
    return True


async def _help(screen: "ChatScreen") -> None:
    from assistant.tui.screens.help import HelpScreen

    await screen.app.push_screen_wait(HelpScreen(screen.commands.complete(screen.context, "/")))


async def _sessions(screen: "ChatScreen") -> None:
    from assistant.tui.screens.pick import PickScreen, Row

    chat = screen.context.chat
    rows = [
        Row(
            found.id,
            (found.updated[:16].replace("T", " "), f"{found.turns} turns", found.title or "untitled"),
        )
        for found in chat.store.list(chat.workspace)
    ]
    empty = "No sessions in this folder yet. They are kept as you go."
    chosen = await screen.app.push_screen_wait(PickScreen("Sessions", rows, empty))
    if chosen is not None and chosen != chat.session.id:
        await screen.commands.dispatch(screen.context, f"/load {chosen}")


async def _decisions(screen: "ChatScreen") -> None:
    from assistant.paths import exports_dir
    from assistant.tui.screens.decisions import DecisionsScreen

    chat = screen.context.chat
    await screen.app.push_screen_wait(DecisionsScreen(chat.log, chat.tools, exports_dir(chat.workspace)))


async def _why(screen: "ChatScreen") -> None:
    from assistant.reviewing import Reviewer
    from assistant.tui.screens.decision_record import RecordScreen

    chat = screen.context.chat
    if chat.last_decision is None:
        screen.interface.notify("nothing decided yet: ask something first", "warning")
        return
    record = RecordScreen(chat.last_decision, chat.log, Reviewer(chat.log, chat.tools))
    await screen.app.push_screen_wait(record)


async def _context(screen: "ChatScreen") -> None:
    from assistant.tui.screens.window import WindowScreen

    try:
        use = await screen.context.chat.context_use()
    except StudentError as error:
        screen.interface.notify(str(error), "error")
        return
    await screen.app.push_screen_wait(WindowScreen(use))


async def _jobs(screen: "ChatScreen") -> None:
    from assistant import paths
    from assistant.tui.screens.jobs import JobsScreen
    from training.jobs.store import Jobs

    await screen.app.push_screen_wait(JobsScreen(Jobs(paths.jobs_dir())))


async def _teach(screen: "ChatScreen") -> None:
    from assistant import paths
    from assistant.teach_desk import TeachDesk
    from assistant.tui.screens.teach import TeachScreen
    from training.jobs.store import Jobs

    chat = screen.context.chat
    desk = TeachDesk(chat.settings, Jobs(paths.jobs_dir()), chat.workspace)
    await screen.app.push_screen_wait(TeachScreen(desk))


async def _curate(screen: "ChatScreen") -> None:
    from assistant import paths
    from assistant.curate_desk import curate_desk
    from assistant.tui.screens.curate import CurateScreen
    from training.jobs.store import Jobs

    log = screen.context.chat.settings.events.url or str(paths.events_dir())
    desk = curate_desk(log, Jobs(paths.jobs_dir()), paths.data_dir(), paths.vectors_cache())
    await screen.app.push_screen_wait(CurateScreen(desk))


async def _train(screen: "ChatScreen") -> None:
    from assistant import paths
    from assistant.settings import usable_settings
    from assistant.train_desk import TrainDesk
    from assistant.train_run import RunDesk
    from assistant.tui.screens.train import TrainScreen
    from training.jobs.store import Jobs
    from training.registry.serving import own_registry

    jobs = Jobs(paths.jobs_dir())
    workspace = screen.context.chat.workspace
    least = usable_settings(workspace)[0].models.least_decisions
    desk, runs = TrainDesk(jobs, workspace), RunDesk(jobs, own_registry(), least)
    await screen.app.push_screen_wait(TrainScreen(desk, runs, _students(screen)))
    screen.refresh_status()


async def _models(screen: "ChatScreen") -> None:
    from assistant import paths
    from assistant.model_choice import listed
    from assistant.tui.screens.models import ModelsScreen
    from training.jobs.store import Jobs

    chat = screen.context.chat
    panel = ModelsScreen(
        lambda: listed(chat.settings, chat.student_settings),
        _students(screen),
        lambda: Jobs(paths.jobs_dir()),
    )
    await screen.app.push_screen_wait(panel)
    screen.refresh_status()


async def _arena(screen: "ChatScreen") -> None:
    from assistant.arena import Arena, Contender
    from assistant.arena_pairs import sides
    from assistant.tui.screens.arena import ArenaScreen
    from assistant.wiring import make_student
    from training.registry import RegistryError
    from training.registry.serving import own_registry

    chat = screen.context.chat
    try:
        pair = await sides(own_registry(), screen.interface.pick)
        if pair is None:
            return
        first, second = (Contender(side, chat.settings, make_student) for side in pair)
    except (RegistryError, StudentError) as error:
        screen.interface.notify(str(error), "error")
        return
    await screen.app.push_screen_wait(ArenaScreen(Arena(chat.log, first, second)))


def _students(screen: "ChatScreen") -> "StudentDesk":
    from functools import partial

    from assistant.settings import load_settings
    from assistant.student_desk import StudentDesk
    from training.registry.serving import own_registry

    chat = screen.context.chat
    return StudentDesk(chat, own_registry(), partial(load_settings, chat.workspace))


_PANELS: Mapping[str, Callable[["ChatScreen"], Awaitable[None]]] = {
    "arena": _arena,
    "help": _help,
    "sessions": _sessions,
    "decisions": _decisions,
    "why": _why,
    "context": _context,
    "models": _models,
    "jobs": _jobs,
    "curate": _curate,
    "teach": _teach,
    "train": _train,
}
