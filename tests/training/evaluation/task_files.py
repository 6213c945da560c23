"""A file of tasks that several tests use, and a solver that does as it is told."""

from collections.abc import Callable
from pathlib import Path

from tools.calls import ToolResult
from training.evaluation.solving import Attempt
from training.evaluation.tasks import Task, read_tasks

HEAD = """
git = false
[files]
"README.md" = "# Boats\\n\\nThe port is 8081.\\n"
"src/boats.py" = "def sails():\\n    return 2\\n"
"""
LOOK = """
[[tasks]]
id = "look"
kind = "look"
request = "Which port does the README name?"
checks = [{ answer = ["8081"], lacks = ["8080"] }]
solution = [{ tool = "read_file", path = "README.md" }]
final = "It is 8081."
"""
EDIT = """
[[tasks]]
id = "edit"
kind = "read_edit"
request = "Make sails() return 3."
changes = ["src/*.py"]
checks = [{ file = "src/boats.py", contains = ["return 3"], lacks = ["return 2"] }, { command = "true" }]
edits = { "notes.txt" = "x" }
solution = [{ tool = "edit_file", path = "src/boats.py", old_text = "return 2", new_text = "return 3" }]
final = "Done."
"""


def tasks_of(folder: Path, text: str = HEAD + LOOK + EDIT) -> tuple[Task, ...]:
    file = folder / "boats.toml"
    file.write_text(text, encoding="utf-8")
    return read_tasks(file)


class Told:
    """Fulfils ``Solver``: does ``work`` and answers with what it returns; commands pass or not as told."""

    def __init__(self, folder: Path, work: Callable[[Path], str], *, passes: bool = True) -> None:
        self.folder = folder
        self.requests: list[str] = []
        self._work = work
        self._passes = passes

    async def solve(self, request: str) -> Attempt:
        self.requests.append(request)
        return Attempt(self._work(self.folder), ("call",))

    async def run(self, command: str) -> ToolResult:
        return ToolResult(self._passes, "exit code 1\nno")
