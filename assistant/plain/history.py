"""The requests of earlier runs, for Up and Ctrl+R: the file that the Textual interface keeps as well."""

from collections.abc import Iterable

from prompt_toolkit.history import History

from assistant.tui.history import PromptHistory


class SharedHistory(History):
    """Shows a ``PromptHistory`` to prompt_toolkit."""

    def __init__(self, requests: PromptHistory) -> None:
        super().__init__()
        self._requests = requests

    def load_history_strings(self) -> Iterable[str]:
        return reversed(self._requests.entries)

    def store_string(self, string: str) -> None:
        self._requests.add(string)
