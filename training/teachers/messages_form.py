"""Requests and replies of Anthropic's messages.

Invariant: equal requests give equal bytes. Tools and instructions come first and end with a mark for the
provider's cache, so that the examples of a run pay for them once.
"""

from typing import Any

import orjson

from training.teachers.base import ProviderConfig, Stop, TeacherReply, TeacherRequest, Tokens, Unusable
from training.teachers.chat_form import turns
from training.teachers.identity import max_tokens, temperature
from training.teachers.replies import Json, count, objects, settled, structured, whole_calls

OPTIONAL = ("temperature", "tool_choice", "output_config")
"""What a model may refuse and be asked without; the reply is checked all the same."""
_CACHED = {"cache_control": {"type": "ephemeral"}}
_CHOICES = {"required": {"type": "any"}, "none": {"type": "none"}}
_STOPS: dict[Any, Stop] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
    "tool_use": "calls",
}


def prompt(config: ProviderConfig, request: TeacherRequest) -> Json:
    """What is counted: everything but how the reply is to be made."""
    listed = turns(request)
    made: Json = {"model": config.model, "messages": _blocks(listed[1:] if request.system else listed)}
    if request.tools:
        made["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in request.tools
        ]
        made["tools"][-1] |= {} if request.system else _CACHED
        if request.choice != "auto":
            made["tool_choice"] = _CHOICES[request.choice]
    if request.system:
        made["system"] = [{"type": "text", "text": request.system, **_CACHED}]
    if request.schema is not None:
        made["output_config"] = {"format": {"type": "json_schema", "schema": request.schema}}
    return made


def body(config: ProviderConfig, request: TeacherRequest) -> Json:
    """What ``/v1/messages`` is sent."""
    made = {**prompt(config, request), "max_tokens": max_tokens(config, request)}
    if (chosen := temperature(config, request)) is not None:
        made["temperature"] = chosen
    return made


def _blocks(listed: list[Json]) -> list[Json]:
    """The turns of chat completions as turns of blocks; results that follow each other are one turn."""
    made: list[Json] = []
    for turn in listed:
        role = "assistant" if turn["role"] == "assistant" else "user"
        if made and made[-1]["role"] == role:
            made[-1]["content"] += _content(turn)
        else:
            made.append({"role": role, "content": _content(turn)})
    return made


def _content(turn: Json) -> list[Json]:
    if turn["role"] == "tool":
        return [{"type": "tool_result", "tool_use_id": turn["tool_call_id"], "content": turn["content"]}]
    text = [{"type": "text", "text": turn["content"]}] if turn["content"] else []
    calls = [
        {
            "type": "tool_use",
            "id": call["id"],
            "name": call["function"]["name"],
            "input": orjson.loads(call["function"]["arguments"]),
        }
        for call in turn.get("tool_calls", ())
    ]
    return text + calls


def reply_of(data: Json, request: TeacherRequest, config: ProviderConfig) -> TeacherReply:
    """A whole message. Raises Unusable."""
    if not isinstance(data.get("content"), list):
        raise Unusable(f"{config.provider} sent a reply without content")
    blocks = list(objects(data["content"]))
    stop = _STOPS.get(data.get("stop_reason"), "end")
    text = "".join(str(one.get("text", "")) for one in blocks if one.get("type") == "text")
    proposed = [
        (str(one.get("id", "")), str(one.get("name")), one.get("input"))
        for one in blocks
        if one.get("type") == "tool_use"
    ]
    calls = whole_calls(proposed, request, stop)
    if not (text or calls or stop in ("length", "refusal")):
        raise Unusable(f"{config.provider} sent an empty reply")
    return TeacherReply(
        text=text,
        calls=calls,
        data=structured(text, request, stop),
        stop=settled(stop, calls),
        tokens=tokens_of(data.get("usage")),
        provider=config.provider,
        model=str(data.get("model") or config.model),
        prompt_version=request.prompt_version,
    )


def tokens_of(usage: Any) -> Tokens | None:
    """What the server counted, None where it did not. Its input is without what the cache held, ours with."""
    if not isinstance(usage, dict):
        return None
    plain, completion = count(usage, "input_tokens"), count(usage, "output_tokens")
    if plain is None or completion is None:
        return None
    cached = count(usage, "cache_read_input_tokens") or 0
    written = count(usage, "cache_creation_input_tokens") or 0
    return Tokens(plain + cached + written, cached, written, completion)
