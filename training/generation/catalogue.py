"""What examples are generated from, as it is written in the package's data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from training.datasets.example import Kind
from training.generation.data_files import data, lines, lines_of, names_in, pairs_of, text_of, words_of

_OF_LINES = {"headings", "sentences", "topics", "commands", "pipelines", "snippets", "expressions"}
_OF_LINES |= {"ignored", "choices", "times"}


@dataclass(frozen=True)
class Function:
    """A small Python function; ``mistake`` stands for ``line`` where one is planted."""

    name: str
    parameters: str
    doc: str
    meaning: str
    body: str
    line: str
    mistake: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class SourceForm:
    """How a small file of a language looks."""

    language: str
    extension: str
    head: str
    piece: str
    tail: str


@dataclass(frozen=True)
class Template:
    """Requests that are right to answer in one way. ``steps`` are turns, each of calls made together.

    ``files`` (path and text, with slots) stand in the repository before the first call. ``after`` is the
    template of an earlier turn of the same conversation; ``history`` are earlier turns in plain text, which
    come after that one.
    ``says`` are answers; without one, ``answer`` names how the answer is made.
    """

    id: str
    group: str
    kind: Kind
    requests: tuple[str, ...]
    steps: tuple[tuple[Mapping[str, Any], ...], ...] = ()
    answer: str = ""
    says: tuple[str, ...] = ()
    after: str = ""
    history: tuple[tuple[str, str], ...] = ()
    language: str = "en"
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Talk:
    """A request that needs no tool, with its answer, after earlier turns where there are some."""

    topic: str
    kind: Kind
    request: str
    answer: str
    history: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Noise:
    """What people write around a request."""

    openers: tuple[str, ...] = ()
    closers: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    pastes: tuple[str, ...] = ()
    abbreviations: Mapping[str, str] = field(default_factory=dict)


def words(name: str) -> tuple[str, ...]:
    """One list of ``words.toml``; a list of single words, or of lines."""
    return (lines_of if name in _OF_LINES else words_of)("words", name)


def forms(kind: str) -> tuple[str, ...]:
    """Forms of ``made_up.toml``."""
    return lines_of("made_up", kind)


def concepts() -> tuple[tuple[str, str], ...]:
    """``(concept, what it is)``."""
    return pairs_of("words", "concepts")


@cache
def replies() -> Mapping[str, tuple[str, ...]]:
    """Answers of each style that needs no observation."""
    return {style: lines(text) for style, text in data("replies").items()}


@cache
def functions() -> tuple[Function, ...]:
    """Those of ``functions.toml``."""
    found = data("functions")["function"]
    return tuple(
        Function(**{**one, "body": one["body"].strip("\n"), "checks": tuple(one["checks"])}) for one in found
    )


@cache
def source_forms() -> tuple[SourceForm, ...]:
    """Those of ``sources.toml``."""
    return tuple(SourceForm(**one) for one in data("sources")["source"])


@cache
def templates() -> Mapping[str, Template]:
    """All templates by id, those of other languages among them."""
    raw: dict[str, tuple[str, dict[str, Any]]] = {}
    for folder, language in (("templates", "en"), ("languages", "")):
        for group in names_in(folder):
            for one in tomllib.loads(text_of(f"{folder}/{group}"))["template"]:
                raw[one["id"]] = (group, {"language": language or group, **one})
    return {name: _template(group, one, raw) for name, (group, one) in raw.items()}


@cache
def talk() -> tuple[Talk, ...]:
    """Those of ``talk.toml``."""
    return tuple(
        Talk(one.get("topic", ""), one["kind"], request, answer, _pairs(one.get("history", ())))
        for one in data("talk")["talk"]
        for request, answer in one["pairs"]
    )


@cache
def noise() -> Noise:
    """That of ``noise.toml``."""
    found = data("noise")
    lists = {name: tuple(found[name]) for name in ("openers", "closers", "asides", "pastes")}
    return Noise(**lists, abbreviations=found["abbreviations"])


def _template(group: str, one: Mapping[str, Any], raw: Mapping[str, tuple[str, dict[str, Any]]]) -> Template:
    base = raw[one["same_as"]][1] if "same_as" in one else {}
    merged = {**base, **one}
    if "says" in one:
        merged.pop("answer", None)
    return Template(
        id=one["id"],
        group=group,
        kind=merged.get("kind", "call"),
        requests=lines(one["requests"]),
        steps=_steps(merged),
        answer=merged.get("answer", ""),
        says=_lines(merged.get("says", "")),
        after=merged.get("after", ""),
        history=_pairs(merged.get("history", ())),
        language=one["language"],
        files=tuple(merged.get("files", {}).items()),
    )


def _steps(one: Mapping[str, Any]) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    if "steps" in one:
        return tuple(tuple(step) for step in one["steps"])
    return (tuple(one["calls"]),) if "calls" in one else ()


def _lines(says: Any) -> tuple[str, ...]:
    return tuple(says) if isinstance(says, list) else lines(says)


def _pairs(history: Any) -> tuple[tuple[str, str], ...]:
    return tuple((role, text) for role, text in history)
