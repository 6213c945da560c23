"""Opens a panel by name: the part of ``Interface.open_panel`` that needs what the chat holds."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from training.student.base import StudentError

if TYPE_CHECKING:
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
    from assistant.tui.screens.decisions import DecisionsScreen

    chat = screen.context.chat
    await screen.app.push_screen_wait(DecisionsScreen(chat.log, chat.tools, chat.workspace))


async def _why(screen: "ChatScreen") -> None:
    from assistant.tui.reviewing import Reviewer
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


async def _teach(screen: "ChatScreen") -> None:
    from assistant import paths
    from assistant.teach_desk import TeachDesk
    from assistant.tui.screens.teach import TeachScreen
    from training.jobs.store import Jobs

    chat = screen.context.chat
    desk = TeachDesk(chat.settings, Jobs(paths.jobs_dir()), chat.workspace)
    await screen.app.push_screen_wait(TeachScreen(desk))


_PANELS: Mapping[str, Callable[["ChatScreen"], Awaitable[None]]] = {
    "help": _help,
    "sessions": _sessions,
    "decisions": _decisions,
    "why": _why,
    "context": _context,
    "teach": _teach,
}
