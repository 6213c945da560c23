"""Which model serves: /model and /models."""

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.commands.markdown import code, plain, table
from assistant.plain.status_line import with_state
from training.models.base import ModelError, megabytes
from training.registry.base import RegistryError
from training.student.base import StudentError

if TYPE_CHECKING:
    from training.models.listing import Listed

EMBEDDED = "embedded"


async def _model(context: CommandContext, argument: str) -> None:
    if argument:
        await _use(context, argument)
    elif not await context.interface.open_panel("model"):
        await _choose(context)


async def _use(context: CommandContext, model: str) -> None:
    context.interface.working(f"loading {model}")
    try:
        await context.chat.use_model(model)
    except StudentError as error:
        raise CommandError(str(error)) from error
    context.interface.notify(f"the student is {context.chat.status().student}")


async def _choose(context: CommandContext) -> None:
    """Let the person choose among the models that are here; without a choice, say which one serves."""
    from training.models.listing import AVAILABLE, PARTIAL

    here = [one for one in await _listed(context) if one.state not in (AVAILABLE, PARTIAL)]
    choices = [(one.id, _label(one)) for one in here]
    chosen = await context.interface.pick("The student", choices) if len(choices) > 1 else None
    if chosen is None:
        context.interface.show(_current(context))
    elif chosen != here[0].id:
        await _use(context, chosen)


def _label(one: "Listed") -> str:
    from assistant.cli.models_text import named

    memory = f", {megabytes(one.memory_bytes)}" if one.memory_bytes else ""
    return f"{named(one)}  ({one.state}{memory})"


def _current(context: CommandContext) -> str:
    status = context.chat.status()
    student = code(with_state(status.student, status.student_state))
    takes = "an id that `/models` shows, the path of a GGUF file or a URL"
    return f"The student is {student}. `/model` takes {takes}."


async def _models(context: CommandContext, argument: str) -> None:
    no_argument("models", argument)
    if await context.interface.open_panel("models"):
        return
    from assistant.cli.models_text import named

    rows = [
        (
            code(named(one)),
            f"{one.state}, recommended here" if one.recommended else one.state,
            megabytes(one.memory_bytes) if one.memory_bytes else "",
            {True: "yes", False: "no", None: ""}[one.fits],
            plain(one.license),
        )
        for one in await _listed(context)
    ]
    said = "To have one that is `available`: `apprentice models pull ID`, then `/model ID`."
    context.interface.show(f"{table(('model', 'state', 'memory', 'fits', 'licence'), rows)}\n\n{said}")


async def _listed(context: CommandContext) -> "list[Listed]":
    from assistant.model_choice import listed

    try:
        return await listed(context.chat.settings, context.chat.student_settings)
    except (ModelError, RegistryError) as error:
        raise CommandError(str(error)) from error


def _complete(context: CommandContext, typed: str) -> list[str]:
    """The models that are here, and the GGUF files and folders that the typed path may become."""
    named = [name for name in _ids() if name.startswith(typed)]
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


def _ids() -> list[str]:
    from training.models.store import ModelStore
    from training.registry.serving import own_registry

    try:
        students = [one.id for one in own_registry().all()]
        return [EMBEDDED, *students, *(path.parent.name for path in ModelStore().records())]
    except (ModelError, RegistryError):
        return [EMBEDDED]


COMMANDS = (
    Command("model", "show or change the student", _model, usage="[ID|PATH|URL]", complete=_complete),
    Command("models", "what can be the student, with lineage; deploy, roll back, retire", _models),
)
