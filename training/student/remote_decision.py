"""From a reply to a decision, or to the words that ask for a better one.

Invariant: every call of a decision names an offered tool and has arguments of its schema. A reply that
ended at the token limit loses its last call, whether or not that looks complete.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER, CallFormatError, parse_arguments
from tools.protocol.messages import Signature
from tools.schema import validate
from training.student.base import Decision, Usage
from training.student.remote_events import Reply
from training.student.remote_holding import split_thinking
from training.student.remote_parse import Raw, written_calls

Json = dict[str, Any]
_MOST = 1 << 40
"""What no count of tokens comes to; a longer number of an endpoint cannot even be divided."""


@dataclass(frozen=True)
class Asked:
    """What is asked for: the request's body, the tools it may call, whether it may answer instead."""

    body: Json
    tools: Mapping[str, Signature]
    may_answer: bool
    max_calls: int


class Unusable(Exception):
    """A reply that is no decision: one line that says why, for the model to read."""


def decision_of(reply: Reply, asked: Asked, usage: Usage) -> Decision:
    """What ``reply`` decides. Raises Unusable."""
    thinking, text = split_thinking(reply.text)
    thinking = _joined(reply.reasoning.strip(), thinking)
    cut = reply.finish == "length"
    try:
        proposed, said = _proposed(reply, text, asked)
        if cut and proposed:
            return Decision(
                _checked(proposed[:-1], asked), "", _joined(thinking, said), usage=usage, cut=True
            )
        if proposed and proposed[0][0] == ANSWER:
            text, thinking = str(proposed[0][1].get("text", "")), _joined(thinking, said)
        elif proposed:
            return Decision(_checked(proposed, asked), "", _joined(thinking, said), usage=usage)
    except CallFormatError as error:
        if cut:
            return Decision(thought=thinking, usage=usage, cut=True)
        raise Unusable(str(error)) from None
    if not text and not cut:
        raise Unusable("a tool was called and none is on offer" if reply.calls else "the reply was empty")
    if not asked.may_answer:
        raise Unusable("a tool has to be called")
    return Decision((), text, thinking, usage=usage, cut=cut)


def _proposed(reply: Reply, text: str, asked: Asked) -> tuple[list[Raw], str]:
    """The calls, checked for their form alone, and the text before them. Raises CallFormatError."""
    if not asked.tools:
        return [], text
    if not reply.calls:
        written = written_calls(text, asked.tools)
        return (list(written.calls), written.thought) if written else ([], text)
    last = len(reply.calls) - 1
    calls = []
    for index, call in enumerate(reply.calls):
        ends_early = reply.finish == "length" and index == last
        calls.append((call.name, {} if ends_early else parse_arguments(call.arguments.strip() or "{}")))
    return calls, text


def _checked(calls: list[Raw], asked: Asked) -> tuple[ToolCall, ...]:
    """As many as one decision may make, with ids of our own: an endpoint may give the same id twice.

    Nine letters and digits are what the strictest chat templates take. Raises Unusable.
    """
    for name, arguments in calls:
        if name not in asked.tools:
            raise Unusable(f"there is no tool `{name[:80]}`; there are {', '.join(asked.tools)}")
        if problem := validate(asked.tools[name].parameters, arguments):
            raise Unusable(f"{name}: {problem}")
    return tuple(
        ToolCall(f"c{secrets.token_hex(4)}", name, arguments) for name, arguments in calls[: asked.max_calls]
    )


def correction(reply: Reply, problem: Unusable, asked: Asked) -> list[Json]:
    """The turns that ask once more: what the model wrote, and what was wrong with it."""
    calls = [f"{call.name} {call.arguments}" for call in reply.calls]
    wrote = "\n".join(part for part in (reply.text.strip(), *calls) if part)
    if not asked.tools:
        wanted = "Answer in plain text; no tool can be called now."
    elif asked.may_answer:
        wanted = "Call a tool with arguments that fit, or answer in plain text."
    else:
        wanted = f"Call one of {', '.join(asked.tools)}."
    shown = {"role": "assistant", "content": wrote or "(nothing)"}
    return [shown, {"role": "user", "content": f"That could not be used: {problem}. {wanted}"}]


def usage_of(reply: Reply, started: float, first: float | None) -> Usage:
    """What a reply cost, by ``time.perf_counter``; counts that the endpoint does not give are 0."""
    ended = time.perf_counter()
    first = first or ended
    prompt, completion = _count(reply.usage, "prompt_tokens"), _count(reply.usage, "completion_tokens")
    details = reply.usage.get("prompt_tokens_details")
    cached = min(_count(details, "cached_tokens") if isinstance(details, dict) else 0, prompt)
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        completion_tokens=completion,
        prefill_tokens_per_s=(prompt - cached) / max(first - started, 1e-6),
        decode_tokens_per_s=completion / max(ended - first, 1e-3),
        latency_ms=(ended - started) * 1000,
    )


def usage_sum(one: Usage, other: Usage) -> Usage:
    """Both together, at the speed of the second."""
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        prefill_tokens_per_s=other.prefill_tokens_per_s,
        decode_tokens_per_s=other.decode_tokens_per_s,
        latency_ms=one.latency_ms + other.latency_ms,
    )


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST else 0


def _joined(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
