"""Examples in the form of chat completions, one JSON line each, as OpenAI and custom endpoints take them.

Invariant: a line is what a student behind an endpoint is sent at run time (``remote_messages.request``), with
the right turns in it, so that the tuned model sees nothing new when it serves. The turns that a prompt shows
as examples carry no loss.
"""

from collections.abc import Iterable
from pathlib import Path

import orjson

from tools.protocol.messages import Conversation, Prompt
from tools.registry import ANSWER
from training.datasets.example import Example
from training.finetune.preparation import examples, readable
from training.jobs.base import JobError
from training.remote.base import Sent
from training.remote.order import RemoteOrder
from training.student.other_tools import for_tools
from training.student.remote_messages import Json, request
from training.student.settings import StudentSettings

FEWEST = 10
"""Examples that OpenAI asks for at least."""
_AS_SERVED = StudentSettings()


def chat_line(prompt: Prompt, example: Example) -> Json:
    """``messages``, ``tools`` and whether calls may come side by side."""
    offered = (*example.tools, ANSWER)
    fitting = for_tools(prompt, offered)
    body = request(
        Conversation(fitting, offered, example.messages, example.project), "", _AS_SERVED, allowed=None
    )
    turns: list[Json] = body["messages"]
    while turns[-1]["role"] != "assistant":  # a result was made up behind the last call
        turns.pop()
    left = sum(message.role == "assistant" for message in fitting.examples)
    for turn in turns:
        if left and turn["role"] == "assistant":
            turn["weight"] = 0
            left -= 1
    made: Json = {"messages": turns}
    if "tools" in body:
        made |= {"tools": body["tools"], "parallel_tool_calls": body["parallel_tool_calls"]}
    return made


def write_chats(order: RemoteOrder, folder: Path) -> Sent:
    """The files of an order as chats, below ``folder``. Raises JobError, OSError."""
    training, validation = map(readable, examples(order.files, order.settings))
    if order.provider == "openai" and len(training) < FEWEST:
        raise JobError(f"OpenAI tunes on at least {FEWEST} examples; {order.training} has {len(training)}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    prompt = order.parsed_prompt()
    files = {"training": folder / "train.jsonl"}
    _write(files["training"], prompt, training)
    if validation:
        files["validation"] = folder / "validation.jsonl"
        _write(files["validation"], prompt, validation)
    return Sent(files, len(training), len(validation))


def _write(path: Path, prompt: Prompt, given: Iterable[Example]) -> None:
    with path.open("wb") as file:
        for each in given:
            file.write(orjson.dumps(chat_line(prompt, each)) + b"\n")
