"""Completion at the prompt: slash commands with their arguments, and ``@`` files."""

import re
from collections.abc import Callable, Iterable, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from assistant.completion import FileIndex, fuzzy

AT_WORD = re.compile(r"(?:^|\s)@(\S*)$")
SHOWN_FILES = 20


class PromptCompleter(Completer):
    """``commands`` gives ``(whole line, description)`` for a line that begins with a slash."""

    def __init__(self, commands: Callable[[str], Sequence[tuple[str, str]]], files: FileIndex) -> None:
        self._commands = commands
        self._files = files

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        at_word = AT_WORD.search(text)
        if at_word:
            for path in fuzzy(at_word[1], self._files.files(), SHOWN_FILES):
                yield Completion(path, start_position=-len(at_word[1]))
        elif text.startswith("/") and "\n" not in text:
            for line, description in self._commands(text):
                if line != text:
                    yield Completion(line, -len(text), display=line, display_meta=description)
