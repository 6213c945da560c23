"""The confirmation at a prompt, shared by the REPL and one-shot mode.

Invariant: what is printed is the exact call with every oddity escaped; what was typed before the question
was printed answers nothing; only a plain yes runs the call, and everything else that ends the question
refuses it.
"""

import json
from collections.abc import Callable
from typing import Any, Protocol

from assistant.agent.steps import Confirmation, Reply, Verdict
from assistant.plain.ink import Ink
from assistant.text_safety import visible

ONCE_QUESTION = "Run it? [y]es once, [e]dit, [n]o and why (default no): "
QUESTION = "Run it? [y]es once, [s]ession, [a]lways, [e]dit, [n]o and why (default no): "
HELP = "answer with one of the letters; text after n is told to the student"


class Asker(Protocol):
    """Asks the person for one line."""

    def flush(self) -> None:
        """Forget the keys that were typed before now."""

    async def line(self, prompt: str, default: str = "") -> str | None:
        """What was typed; None where the person pressed Ctrl+C or closed the input."""


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
                arguments = await _edited(confirmation.call.arguments, asker, write)
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
        lines.append(f"  runs in {visible(confirmation.where)}")
    if confirmation.rule:
        lines.append(f"  session, and always in this workspace, would allow: {visible(confirmation.rule)}")
        if confirmation.opens:
            lines.append(f"  such a rule {visible(confirmation.opens)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    return visible(json.dumps(value, ensure_ascii=False))


async def _edited(
    arguments: dict[str, Any], asker: Asker, write: Callable[[str], None]
) -> dict[str, Any] | None:
    """The arguments as the person changed them; None where they gave up, and the question stands again.

    A call with one argument of one line, such as a command, is edited as that text; any other as JSON.
    """
    only = _only_line(arguments)
    if only is not None:
        typed = await asker.line(f"{only} = ", arguments[only])
        return {only: typed} if typed else None
    typed = await asker.line("arguments = ", json.dumps(arguments, ensure_ascii=False))
    if not typed:
        return None
    try:
        changed = json.loads(typed)
    except (ValueError, RecursionError) as error:
        write(f"not JSON: {error}\n")
        return None
    if not isinstance(changed, dict):
        write("the arguments have to be a JSON object\n")
        return None
    return changed


def _only_line(arguments: dict[str, Any]) -> str | None:
    """The name of the only argument, where it is text that a line can hold as it is."""
    if len(arguments) != 1:
        return None
    [(name, value)] = arguments.items()
    return name if isinstance(value, str) and value.isprintable() else None
