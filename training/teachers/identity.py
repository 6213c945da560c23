"""Which request it is: the same key for the same question to the same teacher, on every machine.

Invariant: whatever changes what a teacher is told changes the key; how patiently, how often and on whose
account it is asked does not.
"""

from dataclasses import asdict, fields
from hashlib import sha256
from typing import Any

import orjson

from tools.calls import ToolCall
from tools.protocol.messages import message_to_dict
from training.teachers.base import ProviderConfig, TeacherReply, TeacherRequest, Tokens


def request_key(config: ProviderConfig, request: TeacherRequest) -> str:
    """64 hexadecimal digits."""
    asked = {
        "provider": config.provider,
        "model": config.model,
        "base_url": config.base_url,
        "temperature": temperature(config, request),
        "max_tokens": max_tokens(config, request),
        "id": request.id,
        "system": request.system,
        "messages": [message_to_dict(message) for message in request.messages],
        "tools": [asdict(tool) for tool in request.tools],
        "choice": request.choice,
        "schema": request.schema,
        "top_tokens": request.top_tokens,
    }
    return sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


def temperature(config: ProviderConfig, request: TeacherRequest) -> float | None:
    """What is asked for, None where it is left to the model."""
    return config.temperature if request.temperature is None else request.temperature


def max_tokens(config: ProviderConfig, request: TeacherRequest) -> int:
    """The longest reply to this request."""
    return request.max_tokens or config.max_tokens


def reply_to_dict(reply: TeacherReply) -> dict[str, Any]:
    """A JSON-ready object without what is empty."""
    given = asdict(reply).items()
    return {name: value for name, value in given if value is not None and value is not False and value != ""}


def reply_from_dict(data: dict[str, Any]) -> TeacherReply:
    """The inverse of ``reply_to_dict``. Raises KeyError or TypeError where ``data`` is not one."""
    known = {one.name for one in fields(TeacherReply)}
    values = {name: value for name, value in data.items() if name in known}
    values["calls"] = tuple(ToolCall(**call) for call in data.get("calls", ()))
    values["shares"] = tuple((tool, share) for tool, share in data.get("shares", ()))
    values["top_tokens"] = tuple(
        tuple((token, share) for token, share in entry) for entry in data.get("top_tokens", ())
    )
    values["tokens"] = Tokens(**data["tokens"]) if data.get("tokens") else None
    return TeacherReply(**values)
