"""One turn of a generated conversation: a template meets a repository, and its calls are executed.

Invariant: what a scene calls was executed, and a scene in which a call did not do what its template means
is not given out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.calls import ToolCall, ToolResult
from tools.protocol.messages import Message
from training.generation import answers, earlier, file_requests
from training.generation.catalogue import Template, templates
from training.generation.finders import Unfillable
from training.generation.noise import noisy
from training.generation.slots import SLOT, Slots
from training.generation.workshop import Workshop

LONGEST_OBSERVATION = 1200
"""Characters; a scene that shows more ends where it was called, so that examples stay short."""
_MAY_FAIL = ("run_shell", "run_python", "run_tests")
_NUMBERS = ("{start}", "{end}", "{count}", *earlier.NUMBERS, *file_requests.NUMBERS)
_REFUSED = "the person refused this call: {}"


@dataclass(frozen=True)
class Scene:
    """``messages`` end with the answer, or with the calls of the first step where ``whole`` is False."""

    messages: tuple[Message, ...]
    whole: bool


async def play(template: Template, slots: Slots, workshop: Workshop, first_call: int = 0) -> Scene:
    """The template's turn. ``first_call`` numbers its calls. Raises Unfillable."""
    request = _request(template, slots)
    await workshop.put({slots.fill(path): slots.fill(text) for path, text in template.files})
    messages = [_history(role, slots.fill(text)) for role, text in template.history]
    messages.append(Message("user", text=request))
    done: list[tuple[ToolCall, ToolResult]] = []
    for step in template.steps:
        calls = [_call(one, slots, first_call + len(done) + at) for at, one in enumerate(step)]
        results = await _results(step, calls, workshop)
        done += zip(calls, results, strict=True)
        messages.append(Message("assistant", calls=tuple(calls)))
        messages += [_observation(call, result) for call, result in zip(calls, results, strict=True)]
    _check(template, done)
    said = slots.dice.choice(template.says) if template.says else answers.answer(template.answer, slots, done)
    messages.append(Message("assistant", text=slots.fill(said)))
    return Scene(tuple(messages), all(len(result.text) <= LONGEST_OBSERVATION for _, result in done))


def decision_only(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages up to the last turn's first calls: what a student decides before it has seen anything."""
    start = max(at for at, message in enumerate(messages) if message.role == "user")
    end = next(at for at in range(start, len(messages)) if messages[at].role == "assistant")
    return tuple(messages[: end + 1])


def base_of(template: Template) -> Template | None:
    """The template of the turn before, where there has to be one."""
    return templates()[template.after] if template.after else None


def _request(template: Template, slots: Slots) -> str:
    pattern = slots.dice.choice(template.requests)
    share = 0.45 if template.language == "en" else 0.2
    return slots.fill(noisy(pattern, slots.dice, share, _literals(template, pattern)))


def _literals(template: Template, pattern: str) -> list[str]:
    """What the calls take from the request as it stands there, beside slots."""
    arguments = (value for step in template.steps for call in step for value in call["arguments"].values())
    pieces = (piece for value in arguments for piece in SLOT.split(str(value))[::2])
    return [piece for piece in pieces if len(piece.strip()) > 1 and piece in pattern]


def _history(role: str, text: str) -> Message:
    return Message("user" if role == "user" else "assistant", text=text)


def _call(one: Mapping[str, Any], slots: Slots, number: int) -> ToolCall:
    arguments = {name: _value(value, slots) for name, value in one["arguments"].items()}
    return ToolCall(f"c{number}", one["tool"], arguments)


def _value(value: Any, slots: Slots) -> Any:
    """A value that is one slot of a number becomes that number."""
    if not isinstance(value, str):
        return value
    filled = slots.fill(value)
    return int(filled) if value in _NUMBERS else filled


async def _results(
    step: Sequence[Mapping[str, Any]], calls: Sequence[ToolCall], workshop: Workshop
) -> list[ToolResult]:
    refused = [one.get("refused") for one in step]
    if any(refused):
        return [ToolResult(success=False, text=_REFUSED.format(reason or "not now")) for reason in refused]
    return await workshop.run(calls)


def _observation(call: ToolCall, result: ToolResult) -> Message:
    return Message("tool", text=result.text, call_id=call.id, tool=call.tool, failed=not result.success)


def _check(template: Template, done: Sequence[tuple[ToolCall, ToolResult]]) -> None:
    """The last call has to succeed, unless it runs a program, or the person refused it."""
    if not done:
        return
    call, result = done[-1]
    refused = result.text.startswith(_REFUSED.format("")[:20])
    if not result.success and not refused and call.tool not in _MAY_FAIL:
        raise Unfillable(f"{template.id}: {result.text[:80]}")
