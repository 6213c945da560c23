"""The chat: transcript, prompt, confirmation, status. It passes words on and draws what comes back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static, TextArea
from textual.worker import Worker, WorkerState

from assistant.agent.steps import Confirmation
from assistant.commands.base import CommandContext
from assistant.completion import FileIndex
from assistant.modes import next_mode
from assistant.tui.desk import ConfirmationDesk
from assistant.tui.formatting import queue_content
from assistant.tui.history import PromptHistory
from assistant.tui.interface import TuiInterface
from assistant.tui.messages import DetailsWanted, Replied, StepArrived, Submitted, TurnEnded
from assistant.tui.prompt_helper import PromptHelper
from assistant.tui.seam import CommandTable, TuiChat
from assistant.tui.stopping import Stopping
from assistant.tui.turn import TurnRunner
from assistant.tui.turn_view import TurnView
from assistant.tui.widgets.activity import Activity
from assistant.tui.widgets.call_block import CallBlock
from assistant.tui.widgets.popup import Popup
from assistant.tui.widgets.prompt import Prompt
from assistant.tui.widgets.status_line import StatusLine
from assistant.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from assistant.agent.chat import Chat

_log = logging.getLogger(__name__)

STARTING_POLL_S = 0.25


class ChatScreen(Screen[None]):
    """One chat. Long work runs in workers, which post messages; the handlers only draw."""

    AUTO_FOCUS = "#prompt"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (14, "-tall")]  # noqa: RUF012  (Textual declares it as an attribute)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "escape", "Interrupt", show=False),
        Binding("ctrl+c", "interrupt", "Interrupt", show=False, priority=True),
        Binding("shift+tab", "next_mode", "Mode", show=False, priority=True),
        Binding("ctrl+o", "details", "Details", show=False, priority=True),
        Binding("ctrl+l", "redraw", "Redraw", show=False, priority=True),
        Binding("ctrl+r", "search_history", "Search history", show=False),
        Binding("ctrl+g", "edit_externally", "Editor", show=False),
        Binding("f1", "help", "Help", show=False, priority=True),
        Binding("ctrl+home", "oldest", "Oldest", show=False, priority=True),
        Binding("ctrl+end", "newest", "Newest", show=False, priority=True),
    ]

    def __init__(
        self,
        first: TuiChat,
        open_chat: Callable[[], Awaitable[TuiChat | None]],
        history: PromptHistory,
        commands: CommandTable,
        *,
        fresh: bool = True,
        request: str = "",
    ) -> None:
        super().__init__()
        self.chat = first
        self.interface = TuiInterface(self)
        self.commands = commands
        self.transcript = Transcript(
            lambda: self.chat.session.messages,
            first.status() if fresh else None,
            lambda: self.chat.session.facts,
        )
        self.activity = Activity()
        self.prompt = Prompt(history)
        self.popup = Popup()
        self.status_line = StatusLine(first.status())
        self.last_call: CallBlock | None = None
        self._turn = TurnRunner(self)
        self._view: TurnView | None = None
        self._helper = PromptHelper(self, history, FileIndex(first.workspace))
        self._history = history
        self._open_chat = open_chat
        self._opened = False
        self._queue: list[str] = []
        self._request = request
        self._running_jobs = ""
        self._desk = ConfirmationDesk(self)
        self._stopping = Stopping(self, self._helper)

    def compose(self) -> ComposeResult:
        yield self.transcript
        with Vertical(id="bottom"):
            yield self.activity
            yield self.popup
            yield Static(id="queue", classes="hidden", markup=False)
            with Horizontal(id="prompt-box"):
                yield Static("❯", id="prompt-mark")
                yield self.prompt
            yield self.status_line

    def on_mount(self) -> None:
        if self._request:
            self.post_message(Submitted(self._request))
        self.call_after_refresh(self._begin)

    @work(group="start", exit_on_error=False)
    async def _begin(self) -> None:
        """Runs after the first paint; what is written meanwhile waits in the queue."""
        chat = await self._open_chat()
        if chat is None:
            return
        self.chat = chat
        if chat.session.messages:
            await self.show_session()
        self.refresh_status()
        for notice in chat.notices():
            await self.transcript.add_notice(notice)
        self._start_chat()
        self._watch_start()
        self._watch_jobs()
        self._opened = True
        await self._send_queued()

    @work(group="start", exit_on_error=False)
    async def _start_chat(self) -> None:
        await self._turn.start_chat()
        self.refresh_status()

    @work(group="start", exit_on_error=False)
    async def _watch_start(self) -> None:
        """The student and the sandbox become ready one after the other; then nobody polls any more."""
        while "starting" in (self.chat.status().student_state, self.chat.status().sandbox_state):
            self.refresh_status()
            await asyncio.sleep(STARTING_POLL_S)
        self.refresh_status()

    @work(group="start", exit_on_error=False)
    async def _watch_jobs(self) -> None:
        """Only here: no job has to be told before the chat is open."""
        from assistant.tui.job_news import JobNews

        await JobNews(self).watch()

    def show_jobs(self, running: str) -> None:
        """What runs beside the chat, in the status line."""
        self._running_jobs = running
        self.status_line.show(self.status_line.status, running)

    @property
    def context(self) -> CommandContext:
        """What a slash command is given."""
        return CommandContext(cast("Chat", self.chat), self.interface)

    @property
    def busy(self) -> bool:
        """True while a turn or a shell command is under way."""
        return self._turn.running

    def refresh_status(self) -> None:
        """Ask the chat once and draw it; another mode or student leaves a line in the transcript."""
        status = self.chat.status()
        self.transcript.note_changes(self.status_line.status, status)
        self.status_line.show(status, self._running_jobs)
        self.transcript.refresh_welcome(status)
        for mode in ("plan", "ask", "edit", "auto"):
            self.query_one("#prompt-box").set_class(status.mode == mode, f"mode-{mode}")

    async def show_session(self) -> None:
        """Draw the chat's session anew."""
        self.last_call = None
        self.transcript.marks = await self.chat.marks()
        await self.transcript.show_session()
        if not self.chat.session.messages:
            await self.transcript.welcome(self.chat.status())
        self.refresh_status()

    @work(group="show", exit_on_error=False)
    async def show_block(self, markdown: str) -> None:
        """A block of Markdown that is not part of the session."""
        await self.transcript.add_answer(markdown)
        self.transcript.to_end()

    @on(Submitted)
    async def _submitted(self, event: Submitted) -> None:
        problem = self._history.add(event.text)
        if problem:
            self.interface.notify(problem, "warning")
        if self.busy or not self._opened:
            self._queue.append(event.text)
            self._show_queue()
        else:
            await self._send(event.text)

    async def _send(self, text: str) -> None:
        self._view = TurnView(self.transcript, self.activity)
        await self._turn.send(text, self._view)

    @on(StepArrived)
    async def _step_arrived(self, event: StepArrived) -> None:
        if self._view is None:
            return
        await self._view.show(event.step)
        self.last_call = self._view.last_call or self.last_call
        if isinstance(event.step, Confirmation):
            await self._desk.add(event.step)
        self.refresh_status()

    @on(TurnEnded)
    async def _turn_ended(self) -> None:
        if self._view is not None:
            await self._view.end()
            self._view = None
        await self._desk.clear()
        self.activity.rest()
        self.refresh_status()
        await self._send_queued()

    async def _send_queued(self) -> None:
        """What was written while the program opened or the student worked goes out in turn."""
        if self._queue:
            text = self._queue.pop(0)
            self._show_queue()
            await self._send(text)

    @on(Worker.StateChanged)
    async def _worker_changed(self, event: Worker.StateChanged) -> None:
        """A defect ends what ran, not the program; it is said and logged whole."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            _log.error("a worker failed", exc_info=error)
            text = f"unexpected {type(error).__name__}: {error}; --debug writes the whole of it to the log"
            await self.transcript.add_notice(text, "failure")

    @on(Replied)
    async def _replied(self, event: Replied) -> None:
        if self._view is not None:
            self._view.replied(event.confirmation.call.id)
        await self._desk.answered(event)

    def _show_queue(self) -> None:
        queue = self.query_one("#queue", Static)
        queue.set_class(not self._queue, "hidden")
        queue.update(queue_content(self._queue))

    @on(DetailsWanted)
    def _details_wanted(self, event: DetailsWanted) -> None:
        from assistant.tui.screens.details import DetailsScreen

        self.app.push_screen(DetailsScreen(event.call, event.result))

    @on(TextArea.Changed, "#prompt")
    def _prompt_changed(self) -> None:
        self._helper.text_changed()
        self.query_one("#prompt-mark").set_class(self.prompt.text.startswith("!"), "shell")

    @on(Prompt.Walked)
    def _walked(self, event: Prompt.Walked) -> None:
        self.popup.move(event.by)

    @on(Prompt.Accepted)
    def _accepted(self) -> None:
        self._helper.accept(send=True)

    @on(Prompt.HelpWanted)
    def action_help(self) -> None:
        """Open the help."""
        self.open_panel("help")

    @work(group="panel", exit_on_error=False)
    async def open_panel(self, name: str) -> None:
        """Open a panel without a slash command."""
        await self.interface.open_panel(name)

    def action_complete(self) -> None:
        """Tab: complete; else queue while the student works."""
        if self.popup.is_open:
            self._helper.accept(send=False)
        elif self.busy:
            self.prompt.submit(queued=True)

    def action_search_history(self) -> None:
        """Ctrl+R."""
        self._helper.search()

    def action_escape(self) -> None:
        """Esc."""
        self._stopping.escape()

    def action_interrupt(self) -> None:
        """Ctrl+C."""
        self._stopping.interrupt()

    def stop_turn(self) -> None:
        """Interrupt; what is queued goes back into an empty prompt."""
        if self._queue and not self.prompt.text:
            self.prompt.set_text("\n".join(self._queue))
        self._queue.clear()
        self._show_queue()
        self.activity.work("stopping")
        self._turn.stop()

    def action_next_mode(self) -> None:
        """Shift+Tab."""
        self.chat.set_mode(next_mode(self.chat.status().mode))
        self.refresh_status()

    def action_details(self) -> None:
        """Ctrl+O: the call that waits, else the last one."""
        waiting = self._desk.first
        if waiting is not None:
            self.post_message(DetailsWanted(waiting.call, None))
        elif self.last_call is not None:
            self.post_message(DetailsWanted(self.last_call.call, self.last_call.result))
        else:
            self.activity.rest("No call yet")

    def action_redraw(self) -> None:
        """Ctrl+L."""
        self.app.refresh(layout=True)

    def action_edit_externally(self) -> None:
        """Ctrl+G."""
        self._helper.edit_externally()

    async def action_older_page(self) -> None:
        """PageUp: scroll; at the top load what was before."""
        if self.transcript.scroll_y > 0:
            self.transcript.scroll_page_up(animate=False)
        else:
            await self.transcript.load_earlier(busy=self.busy)

    def action_newer_page(self) -> None:
        self.transcript.scroll_page_down(animate=False)

    def action_oldest(self) -> None:
        self.transcript.scroll_home(animate=False)

    async def action_newest(self) -> None:
        """Ctrl+End."""
        if self.transcript.detached:
            self.transcript.marks = await self.chat.marks()
            await self.transcript.show_session()
        self.transcript.to_end()
