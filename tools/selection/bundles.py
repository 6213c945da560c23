"""A few fixed sets of tools, each with a prompt prefix of its own that stays cached.

Invariant: a bundle leaves out only tools that the sets know, so a tool from elsewhere is in every one; the
order of the tools is that of the whole, so a bundle's prefix is always the same bytes.
"""

import tomllib
from collections.abc import Collection, Sequence
from functools import lru_cache
from importlib import resources

from tools.protocol.messages import Signature

ALL = "all"


@lru_cache(maxsize=1)
def bundles() -> dict[str, frozenset[str]]:
    """The shipped sets by name, the smallest first."""
    content = tomllib.loads((resources.files("tools.selection") / "bundles.toml").read_text("utf-8"))
    found = {str(name): frozenset(str(tool) for tool in tools) for name, tools in content.items()}
    return dict(sorted(found.items(), key=lambda item: len(item[1])))


def choose_bundle(needed: Collection[str], tools: Sequence[Signature]) -> tuple[str, tuple[Signature, ...]]:
    """The smallest bundle that holds all that is ``needed``, with its tools; ``all`` where none does."""
    known = frozenset().union(*bundles().values())
    for name, held in bundles().items():
        shown = tuple(tool for tool in tools if tool.name in held or tool.name not in known)
        if set(needed) <= {tool.name for tool in shown}:
            return name, shown
    return ALL, tuple(tools)
