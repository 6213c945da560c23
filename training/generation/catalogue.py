"""What examples are generated from, read from the package's data once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from training.datasets.example import Kind

_OF_LINES = {"headings", "sentences", "topics", "commands", "pipelines", "snippets", "expressions"}
_OF_LINES |= {"ignored", "choices", "times"}
DATA = resources.files("training.generation") / "data"


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

    ``after`` is the template of an earlier turn of the same conversation; ``history`` are earlier turns in
    plain text. ``says`` are answers; without one, ``answer`` names how the answer is made.
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


@cache
def words(name: str) -> tuple[str, ...]:
    """One list of ``words.toml``; a list of single words, or of lines."""
    text: str = _lists("words.toml")[name].strip("\n")
    lines = text.splitlines()
    return tuple(lines) if name in _OF_LINES else tuple(text.split())


@cache
def forms(kind: str) -> tuple[str, ...]:
    """Forms of ``made_up.toml``."""
    return tuple(_lists("made_up.toml")[kind].strip("\n").splitlines())


@cache
def concepts() -> tuple[tuple[str, str], ...]:
    """``(concept, what it is)``."""
    lines = _lists("words.toml")["concepts"].strip("\n").splitlines()
    return tuple((one, said) for one, _, said in (line.partition(" | ") for line in lines))


@cache
def replies() -> Mapping[str, tuple[str, ...]]:
    """Answers of each style that needs no observation."""
    return {
        style: tuple(text.strip("\n").splitlines()) for style, text in _toml(DATA / "replies.toml").items()
    }


@cache
def functions() -> tuple[Function, ...]:
    """Those of ``functions.toml``."""
    found = _toml(DATA / "functions.toml")["function"]
    return tuple(
        Function(**{**one, "body": one["body"].strip("\n"), "checks": tuple(one["checks"])}) for one in found
    )


@cache
def source_forms() -> tuple[SourceForm, ...]:
    """Those of ``sources.toml``."""
    return tuple(SourceForm(**one) for one in _toml(DATA / "sources.toml")["source"])


@cache
def templates() -> Mapping[str, Template]:
    """All templates by id, those of other languages among them."""
    raw: dict[str, tuple[str, dict[str, Any]]] = {}
    for folder, language in (("templates", "en"), ("languages", "")):
        for file in _files(DATA / folder):
            group = file.name.removesuffix(".toml")
            for one in _toml(file)["template"]:
                raw[one["id"]] = (group, {"language": language or group, **one})
    return {name: _template(group, one, raw) for name, (group, one) in raw.items()}


@cache
def talk() -> tuple[Talk, ...]:
    """Those of ``talk.toml``."""
    file = DATA / "talk.toml"
    if not file.is_file():
        return ()
    return tuple(
        Talk(one.get("topic", ""), one["kind"], request, answer, _pairs(one.get("history", ())))
        for one in _toml(file)["talk"]
        for request, answer in one["pairs"]
    )


@cache
def noise() -> Noise:
    """That of ``noise.toml``."""
    file = DATA / "noise.toml"
    if not file.is_file():
        return Noise()
    found = _toml(file)
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
        requests=tuple(one["requests"].strip("\n").splitlines()),
        steps=_steps(merged),
        answer=merged.get("answer", ""),
        says=_lines(merged.get("says", "")),
        after=merged.get("after", ""),
        history=_pairs(merged.get("history", ())),
        language=one["language"],
    )


def _steps(one: Mapping[str, Any]) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    if "steps" in one:
        return tuple(tuple(step) for step in one["steps"])
    return (tuple(one["calls"]),) if "calls" in one else ()


def _lines(says: Any) -> tuple[str, ...]:
    return tuple(says) if isinstance(says, list) else tuple(says.strip("\n").splitlines())


def _pairs(history: Any) -> tuple[tuple[str, str], ...]:
    return tuple((role, text) for role, text in history)


def _files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name)


@cache
def _lists(name: str) -> dict[str, Any]:
    """A file of which one list after the other is asked for."""
    return _toml(DATA / name)


def _toml(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))
