"""Requests and replies of chat completions, in the form of OpenAI and of all that is compatible with it.

Invariant: equal requests give equal bytes, and what does not change from example to example (instructions,
tools) comes first, so that the provider's cache of prefixes holds.
"""

from hashlib import sha256
from typing import Any

import orjson

from tools.protocol.messages import Conversation, Prompt, Signature
from training.student.remote_messages import messages
from training.teachers.base import (
    ProviderConfig,
    Stop,
    TeacherReply,
    TeacherRequest,
    Tokens,
    TopTokens,
    Unusable,
)
from training.teachers.identity import max_tokens, temperature
from training.teachers.replies import Json, count, objects, settled, structured, whole_calls

OPTIONAL = (
    "temperature",
    "tool_choice",
    "response_format",
    "prompt_cache_key",
)
"""What an endpoint may refuse and be asked without; the reply is checked all the same."""
_STOPS: dict[Any, Stop] = {"length": "length", "content_filter": "refusal", "tool_calls": "calls"}


def turns(request: TeacherRequest) -> list[Json]:
    """The messages, every call followed by its result; the instructions first, where there are any."""
    listed = messages(Conversation(Prompt(request.system), (), request.messages))
    return listed if request.system else listed[1:]


def body(config: ProviderConfig, request: TeacherRequest) -> Json:
    """What ``/chat/completions`` is sent. At an address of its own a server may know only older names."""
    limit = "max_tokens" if config.base_url else "max_completion_tokens"
    made: Json = {
        "model": config.model,
        "messages": turns(request),
        limit: max_tokens(config, request),
    }
    if request.tools:
        made["tools"] = [_tool(tool) for tool in request.tools]
        if request.choice != "auto":
            made["tool_choice"] = request.choice
    if request.schema is not None:
        schema = {"name": "reply", "strict": True, "schema": request.schema}
        made["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.top_tokens:
        made |= {"logprobs": True, "top_logprobs": request.top_tokens}
    if (chosen := temperature(config, request)) is not None:
        made["temperature"] = chosen
    if not config.base_url:
        stable = orjson.dumps([request.system, made.get("tools")])
        made["prompt_cache_key"] = sha256(stable).hexdigest()[:32]
    return made


def _tool(tool: Signature) -> Json:
    named = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": {name: value for name, value in named.items() if value}}


def reply_of(data: Json, request: TeacherRequest, config: ProviderConfig) -> TeacherReply:
    """A whole chat completion. Raises Unusable."""
    choice = next(iter(objects(data.get("choices"))), None)
    message = choice.get("message") if choice else None
    if choice is None or not isinstance(message, dict):
        raise Unusable(f"{config.provider} sent a reply without a message")
    refusal = message.get("refusal")
    stop: Stop = "refusal" if refusal else _STOPS.get(choice.get("finish_reason"), "end")
    text = message.get("content")
    text = text if isinstance(text, str) else str(refusal or "")
    functions = [(one.get("id"), one.get("function")) for one in objects(message.get("tool_calls"))]
    proposed = [
        (str(call_id or f"call_{number}"), str(function.get("name")), function.get("arguments"))
        for number, (call_id, function) in enumerate(functions, 1)
        if isinstance(function, dict)
    ]
    calls = whole_calls(proposed, request, stop)
    if not (text or calls or stop in ("length", "refusal")):
        raise Unusable(f"{config.provider} sent an empty reply")
    return TeacherReply(
        text=text,
        calls=calls,
        data=structured(text, request, stop),
        stop=settled(stop, calls),
        top_tokens=_top_tokens(choice.get("logprobs")),
        tokens=tokens_of(data.get("usage")),
        provider=config.provider,
        model=str(data.get("model") or config.model),
        prompt_version=request.prompt_version,
    )


def tokens_of(usage: Any) -> Tokens | None:
    """What the server counted, None where it did not."""
    if not isinstance(usage, dict):
        return None
    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    if prompt is None or completion is None:
        return None
    details = usage.get("prompt_tokens_details")
    details = details if isinstance(details, dict) else {}
    cached = min(count(details, "cached_tokens") or 0, prompt)
    written = min(count(details, "cache_write_tokens") or 0, prompt - cached)
    return Tokens(prompt, cached, written, completion)


def _top_tokens(logprobs: Any) -> TopTokens:
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    return tuple(
        tuple(
            (str(one.get("token")), float(one["logprob"]))
            for one in objects(entry.get("top_logprobs"))
            if isinstance(one.get("logprob"), int | float)
        )
        for entry in objects(content)
    )
