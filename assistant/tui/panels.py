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
    event_id = screen.context.chat.last_decision
    if event_id is None:
        screen.interface.notify("nothing decided yet: ask something first", "warning")
    else:
        await _record(screen, event_id)


async def _record(screen: "ChatScreen", event_id: str) -> None:
    from assistant.commands.decisions import find_decision, why_text
    from assistant.tui.screens.report import ReportScreen

    row = find_decision(screen.context.chat.log, event_id)
    if row is None:
        screen.interface.notify(f"the log holds no decision {event_id}; see /decisions", "error")
        return
    await screen.app.push_screen_wait(ReportScreen(f"Decision {event_id[:8]}", why_text(row)))


async def _context(screen: "ChatScreen") -> None:
    from assistant.tui.screens.window import WindowScreen

    try:
        use = await screen.context.chat.context_use()
    except StudentError as error:
        screen.interface.notify(str(error), "error")
        return
    await screen.app.push_screen_wait(WindowScreen(use))


_PANELS: Mapping[str, Callable[["ChatScreen"], Awaitable[None]]] = {
    "help": _help,
    "sessions": _sessions,
    "decisions": _decisions,
    "why": _why,
    "context": _context,
}
