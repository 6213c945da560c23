"""Rendering: a conversation becomes segments of text, through the model's own chat template.

Invariant: only the template's own text may hold control tokens. What comes from a person, a file, a
tool or a model stands in segments with ``control=False`` and is tokenised as plain text, so that a
forged ``<|im_start|>`` in data is data. The prefix (instructions and tools) renders to the same bytes
in every turn. Templates are foreign code: they run in Jinja's sandbox, in the student's process.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tools.protocol.calls import write_turn
from tools.protocol.messages import Conversation, Message
from tools.protocol.signatures import compress

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SLOT = re.compile("\ue000(\\d+)\ue001")


class TemplateError(Exception):
    """The model's chat template cannot render a conversation: one line that says why."""


@dataclass(frozen=True)
class Segment:
    """A piece of the prompt; ``control`` says that special tokens in it count."""

    text: str
    control: bool


@dataclass(frozen=True)
class TemplateSource:
    """A chat template with the special tokens' texts that it may use."""

    text: str = CHATML
    bos: str = ""
    eos: str = ""


def turns(conversation: Conversation) -> list[tuple[str, str]]:
    """``(role, content)`` pairs, the system turn first.

    What the person said in a row (a command of their own, then a request) is one turn.
    """
    result = [("system", _instructions(conversation))]
    for message in (*conversation.prompt.examples, *conversation.messages):
        if message.role == result[-1][0] == "user":
            result[-1] = ("user", f"{result[-1][1]}\n\n{message.text}")
        else:
            result.append((message.role, _content(message)))
    return result


def _instructions(conversation: Conversation) -> str:
    """The system turn: the instructions, one line for each tool, the project's own instructions."""
    prompt = conversation.prompt
    lines = [compress(one, describe=prompt.describes(one.name)) for one in conversation.signatures]
    return "\n".join(part for part in (prompt.instructions, *lines, conversation.project) if part)


def render(conversation: Conversation, template: TemplateSource = TemplateSource()) -> list[Segment]:
    """The prompt up to where the student writes. Raises TemplateError."""
    pairs = turns(conversation)
    contents = [content for _, content in pairs]
    slotted = [(role, f"\ue000{index}\ue001") for index, (role, _) in enumerate(pairs)]
    return _fill(_render_slots(slotted, template), contents)


def _content(message: Message) -> str:
    if message.role == "assistant":
        return write_turn(message.calls, message.text, message.thought)
    return message.text


def _render_slots(slotted: Sequence[tuple[str, str]], template: TemplateSource) -> str:
    """The template's text around numbered slots. Roles it does not know are spoken by the user."""
    problem = ""
    for spoken_by in ({}, {"tool": "user"}):
        messages = [{"role": spoken_by.get(role, role), "content": slot} for role, slot in slotted]
        try:
            text: str = _compiled(template.text).render(
                messages=messages, add_generation_prompt=True, bos_token=template.bos, eos_token=template.eos
            )
        except Exception as error:  # noqa: BLE001 - a template is foreign code and may raise anything
            problem = f"{type(error).__name__}: {error}"
            continue
        if [int(match) for match in SLOT.findall(text)] == list(range(len(slotted))):
            return text
        problem = "it leaves out or repeats a turn"
    raise TemplateError(f"the model's chat template cannot render the conversation: {problem}")


def _fill(text: str, contents: Sequence[str]) -> list[Segment]:
    segments = []
    for index, piece in enumerate(SLOT.split(text)):
        is_slot = index % 2 == 1
        value = contents[int(piece)] if is_slot else piece
        if value:
            segments.append(Segment(value, control=not is_slot))
    return segments


@lru_cache(maxsize=8)
def _compiled(source: str) -> Any:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment: Any = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _fixed_date
    return environment.from_string(source)


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _fixed_date(_format: str) -> str:
    """A prompt must not change from one day to the next, or its cached prefix is lost."""
    return ""


def plain_text(segments: Sequence[Segment]) -> str:
    """The prompt as one string, for reading and for tests."""
    return "".join(segment.text for segment in segments)
