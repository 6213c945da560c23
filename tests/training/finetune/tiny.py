"""A student so small that its training takes milliseconds, over the real vocabulary, and data for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.calls import ToolCall
from tools.protocol.messages import Message, Prompt, Signature
from training.datasets.example import Example
from training.finetune.batches import Sized

PROMPT = Prompt("Call one tool, or answer.", (), describe=False)


def signature(name: str, *arguments: str) -> Signature:
    properties = {argument: {"type": "string"} for argument in arguments}
    return Signature(
        name,
        "A tool.",
        {
            "type": "object",
            "properties": properties,
            "required": list(arguments),
            "additionalProperties": False,
        },
    )


TOOLS = (signature("read_file", "path"), signature("run_shell", "command"), signature("run_tests"))


def call(number: int, tools: tuple[Signature, ...] = TOOLS) -> Example:
    """Reads a file and answers from it."""
    path = f"src/{'ab'[number % 2] * (number % 5 + 1)}.py"
    messages = (
        Message("user", f"show {path}"),
        Message("assistant", calls=(ToolCall("c1", "read_file", {"path": path}),)),
        Message("tool", f"x = {number}", call_id="c1", tool="read_file"),
        Message("assistant", f"It sets x to {number}."),
    )
    return Example(f"call-{number}", messages, tools, session=f"s{number}")


def talk(number: int) -> Example:
    messages = (Message("user", f"hello {number}"), Message("assistant", "Hello!"))
    return Example(f"talk-{number}", messages, TOOLS, kind="chat", session=f"t{number}")


def foreign(number: int) -> Example:
    """Calls a tool that no other example has."""
    name = f"look_{'abcdefgh'[number % 8] * (number + 1)}"
    tools = (signature(name, "place"), signature(f"{name}_again", "place", "time"))[: 1 + number % 2]
    calls = (ToolCall("c1", name, {"place": f"room {number}"}),)
    messages = (Message("user", f"look at room {number}"), Message("assistant", calls=calls))
    return Example(f"foreign-{number}", messages, tools, session=f"f{number}")


def sized(*examples: Example) -> list[Sized]:
    """With lengths that are about right."""
    return [Sized(each, 40 * len(each.tools), 30 * len(each.messages)) for each in examples]


def model(seed: int = 0, **config: Any) -> Any:
    """Two layers over the vocabulary of the embedded student."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    settings: dict[str, Any] = {
        "vocab_size": 49152,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
    }
    return LlamaForCausalLM(LlamaConfig(**{**settings, **config})).train()


class Told:
    """A Reporter that remembers; ``stop_at`` raises at that step, as a kill would."""

    resumed = False

    def __init__(self, folder: Path, stop_at: int | None = None) -> None:
        self.folder = folder
        self.arguments: Mapping[str, Any] = {}
        self.notes: list[str] = []
        self.metrics: list[dict[str, Any]] = []
        self._stop_at = stop_at

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None:
        if done == self._stop_at:
            raise KeyboardInterrupt

    def check(self) -> None: ...

    def metric(self, **values: float | str) -> None:
        self.metrics.append(values)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def output(self, name: str) -> Any:
        raise NotImplementedError

    @property
    def losses(self) -> list[float]:
        return [each["loss"] for each in self.metrics if "loss" in each]
