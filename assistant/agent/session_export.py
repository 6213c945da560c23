"""A session as Markdown for people and as JSON for programs.

Invariant: what is exported is text of the conversation; it cannot break out of the block it stands in.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from tools.protocol.messages import Message, message_to_dict


class Exportable(Protocol):
    """The part of a session that is exported."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def workspace(self) -> str: ...
    @property
    def created(self) -> str: ...
    @property
    def messages(self) -> Sequence[Message]: ...


def export_markdown(session: Exportable) -> str:
    """The conversation with its calls and observations, to read or to hand on."""
    title = session.title or session.id
    head = [
        f"# {title}",
        f"- session: {session.id}\n- workspace: {session.workspace}\n- started: {session.created}",
    ]
    return "\n\n".join([*head, *(part for message in session.messages for part in _parts(message))]) + "\n"


def export_json(session: Exportable) -> str:
    """The same as one JSON object."""
    content = {
        "session_id": session.id,
        "title": session.title,
        "workspace": session.workspace,
        "created": session.created,
        "messages": [message_to_dict(message) for message in session.messages],
    }
    return json.dumps(content, indent=2)


def _parts(message: Message) -> Iterator[str]:
    if message.role == "tool":
        yield f"**{message.tool or 'tool'}** returned"
        yield _fenced(message.text)
        return
    yield "## You" if message.role == "user" else "## Apprentice"
    if message.thought:
        yield "\n".join(f"> {line}" for line in message.thought.splitlines())
    if message.text:
        yield message.text
    for call in message.calls:
        yield f"**{call.tool}** called with"
        yield _fenced(json.dumps(call.arguments, indent=2, ensure_ascii=False), "json")


def _fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
