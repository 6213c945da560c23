"""The confirmation at a prompt, shared by the REPL and one-shot mode.

Invariant: what is printed is the exact call with every oddity escaped; what was typed before the question
was printed answers nothing; only a plain yes runs the call, and everything else that ends the question
refuses it.
"""

import json
import os
from collections.abc import Callable
from typing import Any, Protocol

from assistant.agent.steps import Confirmation, Reply, Verdict
from assistant.call_text import CallText, from_text, to_text
from assistant.plain.ink import Ink
from assistant.text_safety import visible
from assistant.tui.external_editor import EditorError, wants_editor
from tools.calls import ToolCall

ONCE_QUESTION = "Run it? [y]es once, [e]dit, [n]o and why (default no): "
QUESTION = "Run it? [y]es once, [s]ession, [a]lways, [e]dit, [n]o and why (default no): "
AGAIN = "Enter goes on editing, n gives it up: "
HELP = "answer with one of the letters; text after n is told to the student"


class Asker(Protocol):
    """Asks the person for one line."""

    def flush(self) -> None:
        """Forget the keys that were typed before now."""

    async def line(self, prompt: str, default: str = "") -> str | None:
        """What was typed; None where the person pressed Ctrl+C or closed the input."""

    async def edit(self, text: str, name: str) -> str:
        """What the user made of ``text`` in their editor, in a file called ``name``. Raises EditorError."""


async def ask_person(
    confirmation: Confirmation, asker: Asker, write: Callable[[str], None], ink: Ink
) -> Reply | None:
    """The person's reply; None where the question was interrupted, which also ends the turn."""
    write(question_text(confirmation, ink))
    asker.flush()
    while True:
        typed = await asker.line(QUESTION if confirmation.rule else ONCE_QUESTION)
        if typed is None:
            return None
        word, _, rest = typed.strip().partition(" ")
        match word.lower():
            case "y" | "yes":
                return Reply(Verdict.ONCE)
            case "s" | "session" if confirmation.rule:
                return Reply(Verdict.SESSION)
            case "a" | "always" if confirmation.rule:
                return Reply(Verdict.ALWAYS)
            case "" | "n" | "no":
                return Reply(Verdict.REFUSED, reason=rest.strip())
            case "e" | "edit":
                arguments = await _edited(confirmation.call, asker, write)
                if arguments is not None:
                    return Reply(Verdict.EDITED, arguments=arguments)
            case _:
                write(f"{HELP}\n")


def question_text(confirmation: Confirmation, ink: Ink) -> str:
    """All that the person has to see before they answer, ending with a line break."""
    call = confirmation.call
    lines = [ink.warn("The student wants to run:"), f"  {ink.bold(visible(call.tool))}"]
    for name, value in call.arguments.items():
        lines.append(f"    {visible(name)} = {_value(value)}")
    if confirmation.preview:
        lines.append(ink.diff(visible(confirmation.preview).rstrip("\n")))
    lines += [f"  asked because {visible(reason)}" for reason in confirmation.reasons]
    if confirmation.where:
        runs = "" if confirmation.where.startswith("runs ") else "runs in "
        lines.append(f"  {runs}{visible(confirmation.where)}")
    if confirmation.rule:
        lines.append(f"  session, and always in this workspace, would allow: {visible(confirmation.rule)}")
        if confirmation.opens:
            lines.append(f"  such a rule {visible(confirmation.opens)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    return visible(json.dumps(value, ensure_ascii=False))


async def _edited(call: ToolCall, asker: Asker, write: Callable[[str], None]) -> dict[str, Any] | None:
    """The arguments as the user changed them; None where nothing changed, and the question stands again.

    In the user's editor; text of one line at the prompt where they named none. What cannot be read is said,
    and may be edited further.
    """
    given = to_text(call)
    text: str | None = given.text
    while True:
        text = await _typed(CallText(text or "", given.name), asker, write)
        if text is None:
            return None
        try:
            arguments = from_text(text, call)
        except ValueError as error:
            write(f"{visible(str(error))}\n")
        else:
            return arguments if arguments != call.arguments else None
        again = await asker.line(AGAIN)
        if again is None or again.strip():
            return None


async def _typed(given: CallText, asker: Asker, write: Callable[[str], None]) -> str | None:
    """The text after the edit; None where the user gave it up or it could not be edited."""
    if given.text.isprintable() and not wants_editor(os.environ):
        return await asker.line(f"{given.name}: ", given.text) or None
    try:
        return await asker.edit(given.text, given.name)
    except EditorError as error:
        write(f"{visible(str(error))}\n")
        return None
