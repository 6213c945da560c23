"""A trie of token ids over the names that may be chosen.

A node with one child is forced: it costs no decision, and its token is evaluated together with what
follows. A node where a name ends and a longer one goes on (``read``, ``read_all``) holds END beside
its children, so that ending is one of the branches.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

END = -1


@dataclass
class Node:
    """``children`` by token id; ``names`` are all that lie below, in the order they were offered."""

    children: "dict[int, Node]" = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


def build(names: Mapping[str, Sequence[int]]) -> Node:
    """The trie over ``{name: token ids}``."""
    root = Node()
    for name, tokens in names.items():
        node = root
        node.names.append(name)
        for token in (*tokens, END):
            node = node.children.setdefault(token, Node())
            node.names.append(name)
    return root


def forced(node: Node) -> tuple[list[int], Node]:
    """The tokens that follow without a choice, and the node where the next choice or the end is."""
    tokens: list[int] = []
    while len(node.children) == 1:
        (token, child), *_ = node.children.items()
        if token == END:
            break
        tokens.append(token)
        node = child
    return tokens, node


def ended(node: Node) -> bool:
    """True where nothing but the end of a name is left."""
    return list(node.children) == [END]


def label(names: Iterable[str]) -> str:
    """One word for a branch: its only name, or what its names begin with and a star."""
    names = list(names)
    if len(names) == 1:
        return names[0]
    first, last = min(names), max(names)
    shared = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:shared] + "*"
