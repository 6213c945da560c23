"""A session as Markdown for people and as JSON for programs.

Invariant: what is exported is text of the conversation; it cannot break out of the block it stands in. Unless
it is asked for raw, it is inert and carries no secret that redaction knows.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from assistant.outgoing import outgoing_markdown, outgoing_text, outgoing_value
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


def export_markdown(session: Exportable, *, raw: bool = False) -> str:
    """The conversation with its calls and observations, to read or to hand on."""
    text, prose = (str, str) if raw else (outgoing_text, outgoing_markdown)
    title = prose(session.title or session.id)
    head = [
        f"# {title}",
        f"- session: {session.id}\n- workspace: {text(session.workspace)}\n- started: {session.created}",
    ]
    return (
        "\n\n".join([*head, *(part for message in session.messages for part in _parts(message, text, prose))])
        + "\n"
    )


def export_json(session: Exportable, *, raw: bool = False) -> str:
    """The same as one JSON object."""
    content = {
        "session_id": session.id,
        "title": session.title,
        "workspace": session.workspace,
        "created": session.created,
        "messages": [message_to_dict(message) for message in session.messages],
    }
    return json.dumps(content if raw else outgoing_value(content), indent=2)


def _parts(message: Message, text: Callable[[str], str], prose: Callable[[str], str]) -> Iterator[str]:
    if message.role == "tool":
        yield f"**{prose(message.tool or 'tool')}** returned"
        yield _fenced(text(message.text))
        return
    yield "## You" if message.role == "user" else "## Apprentice"
    if message.thought:
        yield "\n".join(f"> {line}" for line in prose(message.thought).splitlines())
    if message.text:
        yield prose(message.text)
    for call in message.calls:
        yield f"**{prose(call.tool)}** called with"
        arguments = call.arguments if text is str else outgoing_value(call.arguments)
        yield _fenced(text(json.dumps(arguments, indent=2, ensure_ascii=False)), "json")


def _fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
