"""Loading a student's prompt from TOML: instructions, examples, and the bounds of a decision."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.calls import ToolCall
from tools.protocol.messages import Message, Prompt, Reading
from training.regular import read_document
from training.student.base import StudentError


class _Example(BaseModel):
    """One shown turn: a request, the call that is right for it with its result, and the answer."""

    model_config = ConfigDict(extra="forbid")

    request: str
    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    result: str = ""
    answer: str = ""

    def turns(self, call_id: str) -> list[Message]:
        turns = [Message("user", text=self.request)]
        if self.tool:
            call = ToolCall(call_id, self.tool, self.arguments)
            turns.append(Message("assistant", calls=(call,)))
        if self.result:
            turns.append(Message("tool", text=self.result, call_id=call_id, tool=self.tool))
        if self.answer:
            turns.append(Message("assistant", text=self.answer))
        return turns


class _Reading(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instructions: str
    likeness: float = Field(default=0.0, ge=0, le=100)
    written: float = Field(default=0.0, ge=0, le=100)
    absent: float = Field(default=0.0, ge=-100, le=100)
    sure: float = Field(default=0.9, gt=0, le=1)
    possible: float = Field(default=0.5, ge=0, le=1)


class _PromptFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instructions: str
    describe: bool = True
    max_calls: int = Field(default=4, ge=1, le=16)
    think_tokens: int = Field(default=0, ge=0, le=1024)
    max_rounds: int = Field(default=0, ge=0, le=200)
    summarises: bool = False
    selection: Literal["all", "shortlist", "bundles"] = "all"
    known: tuple[str, ...] = ()
    likeness: float = Field(default=0.0, ge=0, le=10)
    reading: _Reading | None = None
    examples: list[_Example] = Field(default_factory=list)


def parse_prompt(text: str, source: str) -> Prompt:
    """A prompt from TOML text. Raises StudentError that names ``source``."""
    try:
        data = _PromptFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise StudentError(f"{source}: not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StudentError(f"{source}: {where}: {first['msg']}") from None
    turns = [
        turn for index, example in enumerate(data.examples) for turn in example.turns(f"example-{index}")
    ]
    given = data.model_dump(exclude={"examples", "reading"})
    reading = Reading(**data.reading.model_dump()) if data.reading else None
    return Prompt(**given, examples=tuple(turns), reading=reading)


def with_reading(text: str, reading: Reading) -> str:
    """The TOML of a prompt with other weights and bounds in its table ``reading``, and all else as it was."""
    import tomlkit

    document = tomlkit.parse(text)
    document["reading"].update(vars(reading))
    return tomlkit.dumps(document)


def shipped_text(name: str) -> str:
    """The TOML of a shipped prompt: ``general``, ``small`` for untuned students below a billion parameters,
    ``tuned`` for those that are to be tuned, ``reading`` for those that are tuned to point at lines as well.
    Raises FileNotFoundError.
    """
    return (resources.files("training.student") / "prompts" / f"{name}.toml").read_text("utf-8")


def shipped_prompt(name: str) -> Prompt:
    """A shipped prompt by its name."""
    return parse_prompt(shipped_text(name), f"{name}.toml")


def prompt_for(model: str, path: str = "") -> Prompt:
    """The prompt of ``path``, or the shipped one that fits ``model`` as the settings name it.

    Raises StudentError.
    """
    return parse_prompt(prompt_text(model, path), path or f"{_shipped_for(model)}.toml")


def prompt_text(model: str, path: str = "") -> str:
    """The TOML of the prompt that ``prompt_for`` parses. Raises StudentError where it cannot be read."""
    if not path:
        return shipped_text(_shipped_for(model))
    try:
        return read_document(Path(path).expanduser()).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudentError(f"student.prompt: cannot read {path}: {error}") from None


def _shipped_for(model: str) -> str:
    return "small" if model == "embedded" else "general"
