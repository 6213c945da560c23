"""The tools on offer, by name, and the decorator that makes a tool from a typed function.

Invariant: names are unique and keep their order, so that the prompt prefix made from them is byte-stable;
``answer`` is always the last signature and is never executed.
"""

import difflib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from tools.base import Preview, Tool
from tools.calls import Risk, ToolResult
from tools.protocol.messages import Signature
from tools.schema import description_of, schema_of

ANSWER = Signature(
    name="answer",
    description="Give the final reply to the person.",
    parameters={
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
        "additionalProperties": False,
    },
)


def tool(
    *,
    risk: Risk = Risk.READ,
    timeout_s: float = 60.0,
    preview: Callable[..., Preview] | None = None,
    command: Callable[..., str] | None = None,
    problem: Callable[..., str] | None = None,
    output: dict[str, Any] | None = None,
) -> Callable[[Callable[..., Awaitable[ToolResult]]], Tool]:
    """Make a Tool from ``async def name(context, /, *, argument: type = default) -> ToolResult``.

    The schema comes from the type hints, the description from the docstring's first paragraph.
    """

    def make(function: Callable[..., Awaitable[ToolResult]]) -> Tool:
        return Tool(
            name=function.__name__,
            description=description_of(function),
            parameters=schema_of(function),
            risk=risk,
            run=function,
            timeout_s=timeout_s,
            preview=preview,
            command=command,
            problem=problem,
            output=output,
        )

    return make


class Registry:
    """An ordered mapping of name to Tool."""

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        for one in tools:
            self.add(one)

    def add(self, one: Tool) -> None:
        """Offer one more tool. Raises ValueError where its name is taken."""
        if one.name in self._tools or one.name == ANSWER.name:
            raise ValueError(f"a tool named `{one.name}` is already registered")
        self._tools[one.name] = one

    def get(self, name: str) -> Tool | None:
        """The tool of that name, or None."""
        return self._tools.get(name)

    def names(self) -> tuple[str, ...]:
        """The names in order, without ``answer``."""
        return tuple(self._tools)

    def signatures(self) -> tuple[Signature, ...]:
        """What the student is told, in order; ``answer`` last."""
        return (*(Signature(one.name, one.description, one.parameters) for one in self), ANSWER)

    def nearest(self, name: str) -> str | None:
        """The known name most like ``name``, ``answer`` included, or None where none is alike."""
        known = [*self._tools, ANSWER.name]
        return next(iter(difflib.get_close_matches(name[:80], known, n=1, cutoff=0.5)), None)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, name: Any) -> bool:
        return name in self._tools


def builtin_registry() -> Registry:
    """The twelve built-in tools, in the order of the design."""
    from tools.builtin import code, docs, files, git, listing, search, shell, web

    return Registry(
        (
            files.read_file,
            listing.list_files,
            search.search_files,
            files.write_file,
            files.edit_file,
            shell.run_shell,
            code.run_python,
            code.run_tests,
            git.git_diff,
            docs.search_docs,
            web.web_search,
            web.fetch_url,
        )
    )


@cache
def builtin_signatures() -> Mapping[str, Signature]:
    """What the student is told of the built-in tools and of ``answer``, by name."""
    return MappingProxyType({one.name: one for one in builtin_registry().signatures()})
