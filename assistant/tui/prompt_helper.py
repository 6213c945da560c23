"""What helps while the person writes: completion, the search in the history, the external editor."""

import asyncio
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from assistant.completion import FileIndex, fuzzy
from assistant.tui.external_editor import EditorError, edit, editor_command
from assistant.tui.history import PromptHistory
from assistant.tui.triggers import file_trigger, is_command
from assistant.tui.widgets.popup import Choice

if TYPE_CHECKING:
    from assistant.tui.screens.chat import ChatScreen

FILES_SHOWN = 24
FOUND_SHOWN = 40


class PromptHelper:
    """Fills the popup from what stands before the cursor, and puts the choice into the prompt."""

    def __init__(self, screen: "ChatScreen", history: PromptHistory, files: FileIndex) -> None:
        self._screen = screen
        self._history = history
        self._files = files
        self._draft: str | None = None
        self._accepted = ""

    @property
    def searching(self) -> bool:
        """True while Ctrl+R is open."""
        return self._draft is not None

    def text_changed(self) -> None:
        """The prompt holds another text."""
        prompt = self._screen.prompt
        if self.searching:
            self._offer_history()
        elif prompt.text == self._accepted:
            self._close()
        elif is_command(prompt.text):
            lines = self._screen.commands.complete(self._screen.context, prompt.text)
            self._offer([Choice(line, line, note) for line, note in lines])
        elif (trigger := file_trigger(prompt.before_cursor)) is not None:
            self._screen.run_worker(
                self._offer_files(trigger.query), group="files", exclusive=True, exit_on_error=False
            )
        else:
            self._close()

    def accept(self, *, send: bool) -> None:
        """Put the choice into the prompt; ``send`` runs it where it is a whole command."""
        screen, chosen = self._screen, self._screen.popup.chosen
        if chosen is None:
            # Keys came faster than the popup, which has closed over the text that they made.
            if send and not self.searching:
                screen.prompt.submit()
            return
        if self.searching:
            self._draft = None
            self._put(chosen.value)
        elif is_command(screen.prompt.text):
            self._put(chosen.value if send else chosen.value + " ")
            if send:
                screen.prompt.submit()
        else:
            self._put_file(chosen.value)

    def dismiss(self) -> bool:
        """Close what is open. False where nothing is."""
        if self.searching:
            draft, self._draft = self._draft or "", None
            self._put(draft)
            return True
        if self._screen.popup.is_open:
            self._accepted = self._screen.prompt.text
            self._close()
            return True
        return False

    def search(self) -> None:
        """Open the search in the history, or walk to the next older find."""
        if self.searching:
            self._screen.popup.move(1)
            return
        self._draft = self._screen.prompt.text
        self._offer_history()

    def edit_externally(self) -> None:
        """Hand the terminal to the person's editor and take its text."""
        screen = self._screen
        try:
            command = editor_command()
            with screen.app.suspend():
                text = edit(screen.prompt.text, command)
        except SuspendNotSupported:
            screen.interface.notify("this terminal cannot be handed to an editor", "warning")
        except EditorError as error:
            screen.interface.notify(str(error), "error")
        else:
            self._put(text)

    def _offer_history(self) -> None:
        found = self._history.search(self._screen.prompt.text, FOUND_SHOWN)
        self._offer([Choice(entry, entry.replace("\n", " ⏎ ")) for entry in found])
        self._screen.activity.rest(
            "Searching earlier requests: type to narrow, Enter takes one, Esc leaves"
            if found
            else "No earlier request holds these words; Esc leaves"
        )

    async def _offer_files(self, query: str) -> None:
        files = await asyncio.to_thread(self._files.files)
        trigger = file_trigger(self._screen.prompt.before_cursor)
        if trigger is not None and trigger.query == query:
            self._offer([Choice(path, path) for path in fuzzy(query, files, FILES_SHOWN)])

    def _offer(self, choices: list[Choice]) -> None:
        self._screen.popup.offer(choices)
        self._screen.prompt.choosing = self._screen.popup.is_open

    def _close(self) -> None:
        self._offer([])

    def _put(self, text: str) -> None:
        self._accepted = text
        self._close()
        self._screen.prompt.set_text(text)
        if not self._screen.busy:
            self._screen.activity.rest()

    def _put_file(self, path: str) -> None:
        prompt = self._screen.prompt
        trigger = file_trigger(prompt.before_cursor)
        if trigger is None:
            return
        row, column = prompt.cursor_location
        self._close()
        prompt.replace(f"{path} ", (row, column - len(trigger.query)), (row, column))
