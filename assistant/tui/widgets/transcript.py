"""The transcript: the newest blocks of the session, older ones a key away.

Invariant: at most ``MOUNTED`` blocks and one page stay mounted, whatever the length of the session.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from assistant.agent.api import Status
from assistant.agent.facts.record import Facts
from assistant.agent.marks import Marks
from assistant.modes import MODES
from assistant.tui.replay import (
    AnswerEntry,
    CallEntry,
    Entry,
    FactsEntry,
    NoteEntry,
    UserEntry,
    entries,
    page_start,
)
from assistant.tui.status_text import short_model
from assistant.tui.widgets.blocks import NoticeBlock, NoticeKind, UserBlock, WelcomeBlock
from assistant.tui.widgets.call_block import CallBlock
from tools.protocol.messages import Message

if TYPE_CHECKING:
    from assistant.tui.widgets.answer_block import AnswerBlock

# Each refresh of the layout walks every mounted widget, and an answer in Markdown is a dozen of them.
MOUNTED = 60
SLACK = 20


class Transcript(VerticalScroll, can_focus=False):
    """``messages`` gives the session's messages, from which earlier pages are loaded.

    ``status`` is for the empty state, None for none. ``facts`` gives the record of each turn.
    """

    def __init__(
        self,
        messages: Callable[[], Sequence[Message]],
        status: Status | None,
        facts: Callable[[], Mapping[int, Facts]] = dict,
    ) -> None:
        super().__init__(id="transcript")
        self._messages = messages
        self._facts = facts
        self.marks: Marks = {}
        """What is known of the calls of the session that is shown again."""
        self._earlier = Static(id="earlier", classes="hidden")
        self._first = 0
        self._end: int | None = None
        self._welcome = WelcomeBlock(status) if status is not None else None

    def compose(self) -> ComposeResult:
        yield self._earlier
        if self._welcome is not None:
            yield self._welcome

    def on_mount(self) -> None:
        self.anchor()

    @property
    def blocks(self) -> list[Widget]:
        """The mounted blocks, oldest first."""
        return [child for child in self.children if child is not self._earlier]

    @property
    def detached(self) -> bool:
        """True while an earlier part is shown and the newest blocks are not mounted."""
        return self._end is not None

    async def welcome(self, status: Status) -> None:
        """The empty state; it leaves with the first block."""
        if self._welcome is None:
            self._welcome = WelcomeBlock(status)
            await self.mount(self._welcome)
        else:
            self._welcome.show_status(status)

    def refresh_welcome(self, status: Status) -> None:
        if self._welcome is not None:
            self._welcome.show_status(status)

    async def show_session(self) -> None:
        """Draw the newest page of the session, nothing else."""
        messages = self._messages()
        start = page_start(messages, len(messages)) if messages else 0
        with self.app.batch_update():
            await self.remove_children(".block")
            self._welcome = None
            self._end = None
            shown = entries(messages, start, len(messages), self._facts(), self.marks)
            await self.mount_all(_blocks(shown))
            self._show_first(start)
        self.to_end()

    def to_end(self) -> None:
        """Follow the newest block again."""
        self.anchor()
        self.scroll_end(animate=False)

    async def add_user(self, text: str) -> None:
        """A request that is about to be sent."""
        if self.detached:
            await self.show_session()
        await self.add(UserBlock(text, len(self._messages())))
        self.to_end()

    def note_changes(self, before: Status, now: Status) -> None:
        """Leave a line where the user changed the mode or the student; a mode after a mode replaces it.

        The empty state shows both already.
        """
        if self._welcome is not None or before.session_id != now.session_id:
            return
        if before.mode != now.mode:
            self._note(f"mode {now.mode}: {MODES.get(now.mode, '')}", "mode")
        both = before.student_state == now.student_state == "ready"
        if both and before.student != now.student:
            self._note(f"the student is {short_model(now.student)}", "student")

    def _note(self, text: str, about: str) -> None:
        last = self.blocks[-1] if self.blocks else None
        if isinstance(last, NoticeBlock) and last.has_class(f"note-{about}"):
            last.say(text)
            return
        block = NoticeBlock(text)
        block.add_class(f"note-{about}")
        self.run_worker(self.add(block), group="notes", exit_on_error=False)

    async def add_notice(self, text: str, kind: NoticeKind = "notice") -> None:
        await self.add(NoticeBlock(text, kind))

    async def add_answer(self, text: str = "") -> "AnswerBlock":
        # Only here: Markdown is not needed for the first paint.
        from assistant.tui.widgets.answer_block import AnswerBlock

        block = AnswerBlock(text)
        await self.add(block)
        return block

    async def add(self, block: Widget) -> None:
        """Mount ``block`` at the end; the oldest leave where there are too many."""
        if self._welcome is not None:
            await self._welcome.remove()
            self._welcome = None
        await self.mount(block)
        mounted = self.blocks
        if len(mounted) > MOUNTED + SLACK:
            await self._drop_oldest(mounted, len(mounted) - MOUNTED)

    async def load_earlier(self, *, busy: bool) -> bool:
        """Mount the page before the first block. False where there is none.

        The newest blocks leave where there are too many, but not while a turn is ``busy`` with them.
        """
        if self._first <= 0:
            return False
        messages = self._messages()
        start = page_start(messages, self._first)
        anchor = self.blocks[0] if self.blocks else None
        with self.app.batch_update():
            shown = entries(messages, start, self._first, self._facts(), self.marks)
            await self.mount_all(_blocks(shown), after=self._earlier)
            mounted = self.blocks
            if not busy and len(mounted) > MOUNTED + SLACK:
                leaving = mounted[MOUNTED:]
                await self.remove_children(leaving)
                self._end = len(messages)
            self._show_first(start)
        if anchor is not None and anchor.is_attached:
            self.call_after_refresh(self.scroll_to_widget, anchor, animate=False, top=True)
        return True

    async def _drop_oldest(self, mounted: list[Widget], number: int) -> None:
        while number < len(mounted) - 1 and not isinstance(mounted[number], UserBlock):
            number += 1
        if not isinstance(mounted[number], UserBlock):
            number = len(mounted) - MOUNTED
        first = mounted[number]
        with self.app.batch_update():
            await self.remove_children(mounted[:number])
            if isinstance(first, UserBlock):
                self._show_first(first.index)

    def _show_first(self, first: int) -> None:
        self._first = first
        self._earlier.set_class(first == 0, "hidden")
        plural = "message" if first == 1 else "messages"
        self._earlier.update(Content(f"{first:,} earlier {plural}: PageUp loads them, /export writes all"))


def _blocks(shown: Sequence[Entry]) -> list[Widget]:
    return [_block(entry) for entry in shown]


def _block(entry: Entry) -> Widget:
    match entry:
        case UserEntry(text, index):
            return UserBlock(text, index)
        case CallEntry():
            return CallBlock.again(entry.call, entry.observation, entry.mark, failed=entry.failed)
        case AnswerEntry(text):
            from assistant.tui.widgets.answer_block import AnswerBlock

            return AnswerBlock(text)
        case FactsEntry(text):
            return NoticeBlock(text, "facts")
        case NoteEntry(text):
            return NoticeBlock(text)
