"""What teachers are told, from data files; each has a version that goes with every example.

Invariant: a prompt's words live in its file only. What is filled in is data: written as JSON, so that text in
a conversation cannot end its own place.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from string import Template

import orjson

from tools.protocol.messages import Message, Signature, message_to_dict


@dataclass(frozen=True)
class TeacherPrompt:
    """``user`` has places such as ``$conversation``; it is empty where the conversation itself is sent."""

    version: str
    system: str
    user: str = ""

    def fill(self, **places: str) -> str:
        """Raises KeyError where a place is not filled."""
        return Template(self.user.strip()).substitute(places)


@cache
def teacher_prompt(name: str) -> TeacherPrompt:
    """A prompt that comes with the program."""
    text = (resources.files("training.teachers") / "data" / f"{name}.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return TeacherPrompt(data["version"], data["system"].strip(), data.get("user", ""))


def written_tools(tools: Iterable[Signature]) -> str:
    """One JSON object a line."""
    return "\n".join(orjson.dumps(asdict(tool)).decode() for tool in tools) or "(none)"


def written_conversation(messages: Iterable[Message]) -> str:
    """One JSON object a line."""
    return "\n".join(orjson.dumps(message_to_dict(message)).decode() for message in messages)
