"""One line (or block) per step of a turn, as the plain interfaces print it."""

import json
from typing import Any

from assistant.agent.facts.record import Facts
from assistant.agent.facts.summary import quiet_line
from assistant.agent.steps import Answer, Call, Confirmation, Failure, Notice, Observation, Thought
from assistant.plain.ink import Ink
from assistant.text_safety import clean_line, visible
from tools.calls import ToolResult

SHOWN_LINES = 12
SHOWN_CHARACTERS = 1200


def call_text(tool: str, arguments: dict[str, Any]) -> str:
    """``tool(name="value", ...)`` on one line: values as JSON, so that nothing in them is hidden."""
    inner = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return visible(f"{tool}({inner})")


def folded(text: str, lines: int = SHOWN_LINES, characters: int = SHOWN_CHARACTERS) -> str:
    """The head of an output, with a last line that says how much is not shown."""
    rows = text.rstrip("\n").split("\n")
    kept: list[str] = []
    room = characters
    for row in rows[:lines]:
        if room <= 0:
            break
        kept.append(row[:room])
        room -= len(row) + 1
    left = len(rows) - len(kept)
    if left:
        kept.append(f"… {left} more line{'s' if left > 1 else ''}")
    elif room < -1:
        kept.append("… the rest of the line is not shown")
    return "\n".join(kept)


def is_whole(text: str) -> bool:
    """Whether nothing of an output is folded away."""
    return folded(text) == text.rstrip("\n")


def outcome_text(step: Observation) -> str:
    """``ok`` or ``failed``, with exit code, time and who confirmed it."""
    result = step.result
    words = ["ok" if result.success else "failed"]
    if step.confirmed_by in {"refused", "denied"}:
        words = [step.confirmed_by]
    if result.exit_code is not None:
        words.append(f"exit {result.exit_code}")
    if result.execution_time_ms:
        words.append(f"{result.execution_time_ms:,.0f} ms")
    if result.truncated:
        words.append("cut")
    return ", ".join(words)


def step_line(step: object) -> str:
    """The one line of progress for a step; empty for steps that need none."""
    match step:
        case Thought(text):
            return f"  thought: {clean_line(text)}" if text.strip() else ""
        case Call(call):
            return f"> {clean_line(call_text(call.tool, call.arguments))}"
        case Observation():
            first = clean_line(step.result.text.strip(), 100)
            return f"  {outcome_text(step)}" + (f": {first}" if first else "")
        case Notice(text):
            return f"  note: {clean_line(text, 400)}"
        case Failure(text):
            return "\n".join([f"  failed: {clean_line(text, 400)}", *_facts_lines(step.facts)])
        case Answer():
            return "\n".join(_facts_lines(step.facts))
        case _:
            return ""


def step_block(step: object, ink: Ink, *, printed: bool = False) -> str:
    """The same with colour and the output folded, for the REPL; confirmations are shown elsewhere.

    ``printed`` says that the output of the call stands there already.
    """
    match step:
        case Thought(text):
            return ink.dim(text.strip()) if text.strip() else ""
        case Call(call):
            return ink.bold("> ") + call_text(call.tool, call.arguments)
        case Observation():
            paint = ink.good if step.result.success else ink.bad
            lines = [paint(f"  {outcome_text(step)}")]
            if step.result.diff and step.confirmed_by != "person":
                lines.append(ink.diff(step.result.diff.rstrip("\n")))
            elif not step.result.diff and (text := _unprinted(step.result, printed)).strip():
                lines += [ink.dim(f"  {row}") for row in folded(text).split("\n")]
            return "\n".join(lines)
        case Notice(text):
            return ink.warn(f"note: {text}")
        case Failure(text, cancelled):
            said = ink.warn(text) if cancelled else ink.bad(text)
            return "\n".join([said, *(ink.dim(line) for line in _facts_lines(step.facts))])
        case Answer():
            return "\n".join(ink.dim(line) for line in _facts_lines(step.facts))
        case Confirmation():
            return ""
        case _:
            return ""


def _unprinted(result: ToolResult, printed: bool) -> str:
    """What is left to show of a result whose output was printed: how it ended, where that is no exit code."""
    if not printed:
        return result.text
    first = result.text.partition("\n")[0]
    return "" if first == f"exit code {result.exit_code}" else first.removesuffix(":")


def facts_line(facts: Facts) -> str:
    """The quiet line under a turn; empty where there is nothing to say."""
    line = quiet_line(facts)
    return f"  = {clean_line(line, 400)}" if line else ""


def _facts_lines(facts: Facts) -> list[str]:
    return [line] if (line := facts_line(facts)) else []
