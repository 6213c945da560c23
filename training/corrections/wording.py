"""The words of a request that say what is wanted, and the things that it names.

A thing is a path, a quoted text, an identifier, a number, an option, or what follows "the word" or "named":
two requests in the same words about other things are two requests. Pure.
"""

import re
from dataclasses import dataclass

_THING = re.compile(
    r"""
      `[^`]+` | "[^"]+" | (?<!\w)'[^']+'(?!\w)                          # quoted
    | \b[a-z]{2,8}://\S+                                                # an address
    | (?<!\S)[\w.~@*-]*[/\\*][\w.~/\\*@:-]* | \b[\w-]+\.[A-Za-z]\w{0,9}\b  # a path, a file
    | (?<!\S)\.{1,2}(?!\S) | (?<!\S)\.\w+
    | \b(?i:\w+file|readme|licen[cs]e|changelog)\b
    | (?<!\S)--?[A-Za-z][\w-]*                                          # an option
    | \b\w*_\w+\b | \b[a-z]+[A-Z]\w*\b | \b[A-Z][a-z0-9]+[A-Z]\w*\b | \b[A-Z]{2,}\b  # an identifier
    | \b\w*\d\w*\b                                                     # a number
    | (?:(?<=\bword\ )|(?<=\bname\ )|(?<=\bnamed\ )|(?<=\bcalled\ )|(?<=\bstring\ )|(?<=\btext\ ))\w+
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W_]+")
_NAMES_PLACE = re.compile(r"\b(?:in|of|under|inside|within|from|for|about|on|with|against|at|into|to)\b")
_ASKS = re.compile(r"^\W*(?:so |and |but )?(?:which|how)\b", re.IGNORECASE)
_WONDERS = re.compile(
    r"^\W*(?:so |and |but )?"
    r"(?:why|who|whose|where|when|how (?:do|does|can|could|should|would|to|many|much|long))\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(r"\b(?:do(?:n['’]?t| not)|never|stop|cancel|skip)\b", re.IGNORECASE)
_NOT = re.compile(r"\bnot (?:yet )?(?=\w{4})(\w+ed)\b")
"""``not committed`` is ``uncommitted``."""
_TURNS = frozenset({
    "and", "then", "but", "before", "after", "unless", "until", "if", "except", "without", "instead", "only",
})  # fmt: skip
_ACTS = frozenset({
    "add", "amend", "change", "clean", "commit", "compare", "configure", "copy", "count", "create",
    "debug", "delete", "describe", "disable", "document", "drop", "edit", "enable", "explain", "fix",
    "generate", "ignore", "implement", "improve", "install", "kill", "mend", "merge", "modify", "move",
    "optimize", "pull", "push", "refactor", "remove", "rename", "repair", "replace", "reset", "resolve",
    "restore", "revert", "rewrite", "simplify", "stash", "summarise", "summarize", "translate", "undo",
    "uninstall", "update", "upgrade", "write",
})  # fmt: skip
"""What is done to a thing, rather than shown of it or run."""


LIGHT = frozenset({
    "check", "display", "do", "execute", "find", "get", "launch", "list", "look", "make", "open", "print",
    "read", "run", "search", "see", "start", "view",
})  # fmt: skip
"""Verbs that go with everything: what is wanted is in the other words."""
_EMPTY = frozenset({
    "a", "again", "am", "an", "and", "any", "are", "at", "be", "been", "but", "by", "can", "could", "d",
    "did", "do", "does", "far", "for", "from", "give", "had", "has", "have", "here", "hey", "hi", "how",
    "i", "if", "in", "is", "it", "its", "just", "let", "like", "ll", "m", "me", "more", "my", "need",
    "no", "not", "now", "of", "on", "once", "or", "our", "please", "re", "s", "should", "show", "so",
    "t", "tell", "thanks", "that", "the", "their", "them", "there", "these", "they", "this", "those",
    "to", "us", "use", "used", "uses", "ve", "want", "was", "we", "what", "when", "where", "which",
    "who", "why", "will", "with", "would", "yes", "you", "your",
})  # fmt: skip
"""Words that say nothing of what is wanted."""


@dataclass(frozen=True)
class Wording:
    """``words`` say what is wanted; ``placed`` are those that say where or of what ("in the tests").

    ``things`` are named, in their order. ``asks`` is true where the request begins with which or how.
    ``turns`` are words that make it another request: several wishes, a condition, a no, or a wish to be told
    how, why, who, where or when. ``acts`` is what it begins with, where that does something to a thing.
    """

    words: tuple[str, ...]
    placed: frozenset[str]
    things: tuple[str, ...]
    asks: bool
    turns: frozenset[str]
    acts: frozenset[str]


def wording(request: str) -> Wording:
    """Of one request."""
    found = (match[0] for match in _THING.finditer(request))
    things = tuple(one.strip("`\"'").rstrip(".:") or one for one in found)
    plain = _NOT.sub(r"un\1", _THING.sub(" ", request).casefold())
    every = _WORD.findall(plain)
    words = tuple(word for word in every if word not in _EMPTY) or tuple(every)
    place = _NAMES_PLACE.search(plain)
    placed = frozenset(_WORD.findall(plain[place.end() :]) if place else ()) & frozenset(words)
    turns = _TURNS.intersection(every)
    turns |= {name for name, mark in (("?", _WONDERS), ("no", _REFUSES)) if mark.search(request)}
    acts = _ACTS.intersection(words[:1])
    return Wording(words, placed, things, bool(_ASKS.search(request)), turns, acts)


def normal(request: str) -> str:
    """The same for a request in the same words, however it is spaced and cased."""
    return " ".join(request.casefold().split()).rstrip(" .!?")
