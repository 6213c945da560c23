"""Which model serves: /model."""

from pathlib import Path

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError
from assistant.commands.markdown import code
from assistant.plain.status_line import with_state
from training.student.base import StudentError

EMBEDDED = "embedded"


async def _model(context: CommandContext, argument: str) -> None:
    if not argument:
        if not await context.interface.open_panel("model"):
            context.interface.show(_current(context))
        return
    context.interface.working(f"loading {argument}")
    try:
        await context.chat.use_model(argument)
    except StudentError as error:
        raise CommandError(str(error)) from error
    context.interface.notify(f"the student is {context.chat.status().student}")


def _current(context: CommandContext) -> str:
    status = context.chat.status()
    student = code(with_state(status.student, status.student_state))
    return f"The student is {student}. `/model` takes `embedded`, the path of a GGUF file or a URL."


def _complete(context: CommandContext, typed: str) -> list[str]:
    """``embedded``, and the GGUF files and folders that the typed path may become."""
    named = [EMBEDDED] if EMBEDDED.startswith(typed) else []
    start = typed.rpartition("/")[0]
    folder = context.chat.workspace / Path(start + "/" if typed.startswith("/") else start).expanduser()
    try:
        entries = sorted(folder.iterdir())
    except (OSError, ValueError):
        return named
    found = [
        f"{start}/{entry.name}" if "/" in typed else entry.name
        for entry in entries
        if entry.name.isprintable() and (entry.suffix == ".gguf" or ("/" in typed and entry.is_dir()))
    ]
    return named + [path for path in found if path.startswith(typed)]


COMMANDS = (
    Command("model", "show or change the student", _model, usage="[NAME|PATH|URL]", complete=_complete),
)
