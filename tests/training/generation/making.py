"""Examples and sources for tests."""

import asyncio
from dataclasses import replace
from typing import Any

from tools.calls import ToolCall
from tools.protocol.messages import Message, Signature
from training.datasets.example import Example, example_id
from training.generation.base import GenerationError

READ = Signature(
    "read_file",
    "Read a file.",
    {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
FIND = Signature(
    "search_files",
    "Search in files.",
    {"type": "object", "properties": {"pattern": {"type": "string"}}, "required": ["pattern"]},
)


def example(
    request: str = "please show the file src/cache.py",
    path: str = "src/cache.py",
    answer: str = "It holds a cache with two functions.",
    **given: Any,
) -> Example:
    """A request, a call that was executed, and an answer."""
    call = ToolCall("c1", "read_file", {"path": path})
    turns = (
        Message("user", text=request),
        Message("assistant", calls=(call,)),
        Message("tool", text="def get(): ...", call_id="c1", tool="read_file"),
        Message("assistant", text=answer),
    )
    return made(turns, **given)


def told(request: str, answer: str, **given: Any) -> Example:
    """A request that is answered without a call."""
    return made(
        (Message("user", text=request), Message("assistant", text=answer)), **{"kind": "no_tool", **given}
    )


def made(turns: tuple[Message, ...], **given: Any) -> Example:
    source = {"provider": "scripted", "template": "files.read", "language": "en", **given.pop("source", {})}
    tools = given.pop("tools", (READ, FIND))
    return Example(example_id(turns, tools), turns, tools, source=source, **given)


class FakeSource:
    """Fulfils ``Source``: the requests differ by their number, of which ``repeats`` share one."""

    def __init__(self, repeats: int = 1, ends_at: int | None = None) -> None:
        self._repeats = repeats
        self._ends_at = ends_at
        self.made: list[int] = []

    async def make(self, index: int) -> Example:
        await asyncio.sleep(0)
        if self._ends_at is not None and index >= self._ends_at:
            raise GenerationError("there are no more")
        self.made.append(index)
        number = index // self._repeats
        name = f"{WORDS[number % 50]}_{WORDS[number // 50 % 50]}_{number}"
        one = example(f"please show me what is in src/{name}.py", f"src/{name}.py", f"It is about {name}.")
        return replace(one, source={**one.source, "template": f"files.read{index % 3}"})


_WORDS = """
amber birch cedar delta ember fjord grove heron inlet jetty karst lagoon maple north otter pearl quartz raven
spruce tundra umber vortex willow xenon yarrow zephyr alpine basalt copper dune estuary falcon glacier harbour
iris juniper kelp lichen marsh nectar onyx pebble quiver reef slate thicket urchin valley wharf yew
"""
WORDS = _WORDS.split()
