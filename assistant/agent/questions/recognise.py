"""Whether a request is one of the first questions about a project, in four languages and with typing errors.

Invariant: a request counts only where each of its words is known to such a question, or names the one file or
definition that is asked about; any other word makes it the student's. Pure.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from assistant.agent.facts.words import paths_in

Kind = Literal["about", "build", "tests", "changed", "explain", "where", "define", "session", "passed"]
LONGEST = 160
_LONGEST_ENTRY = 8
_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r"[`'\"]([\w./:-]+(?:\(\))?)[`'\"]")
_IDENTIFIER = re.compile(
    r"\b(?:[A-Za-z]\w*_\w+|_+[A-Za-z]\w*|[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]{2,}[a-z]\w+|\w+(?=\(\)))\b(?:\(\))?"
)
_CAPITAL = re.compile(r"(?<=[\w'’] )[A-Z][a-z]{2,}\b")
_FILES = re.compile(r"\b(?:dockerfile|makefile|readme|gemfile|procfile|justfile)\b", re.IGNORECASE)
_DEFINED = re.compile(
    r"(?i)(?<= )[a-z]\w+(?= (?:defined|declared|implemented|definiert|deklariert|implementiert)\b)"
)
"""A word before these is a name, where the vocabulary does not have it."""
_DID = re.compile(
    r"(?i)^\W*(?:(?:did|have) you (?:really |actually |just |already )?"
    r"(?:do|done|write|written|change[d]?|create[d]?|delete[d]?|remove[d]?|edit(?:ed)?|save[d]?|fix(?:ed)?|rename[d]?|move[d]?|add(?:ed)?|make|made|update[d]?|run)"
    r"|(?:did|has) (?:it|that|this) (?:work(?:ed)?|succeed(?:ed)?|fail(?:ed)?)"
    r"|(?:what|which files?) (?:did|have) you (?:just )?"
    r"(?:do|done|write|written|change[d]?|create[d]?|delete[d]?|edit(?:ed)?))\b[^!;]{0,60}$"
)
"""What was done in this session, whatever it is about."""
_PASSED = re.compile(
    r"(?i)^\W*(?:how many|which|what) (?:of the )?(?:tests? |ones? )?(?:have |has )?"
    r"(?:failed|passed|succeeded|broke)\W*$"
    r"|^\W*did (?:all |any )?(?:of )?(?:the |my )?tests? (?:pass|fail|succeed)\W*$"
    r"|^\W*(?:so )?(?:all |the )+tests (?:all )?(?:pass|passed|are green|are passing)(?: now)?,? "
    r"(?:right|correct|yes)?\W*\?\W*$"
)
"""How the last tests of this session ended."""
_PATH_MARK, _NAME_MARK, _NOUN_MARK = "pathxpath", "namexname", "nounxnoun"


@dataclass(frozen=True)
class Question:
    """``subject`` is the file or the definition that is asked about; empty for the other kinds."""

    kind: Kind
    subject: str = ""


@dataclass(frozen=True)
class _Rule:
    """Of each set in ``needs`` one meaning has to be there, and beside them only those that ``may``."""

    kind: Kind
    needs: tuple[frozenset[str], ...]
    may: frozenset[str]

    def fits(self, meanings: list[frozenset[str]]) -> bool:
        """Whether each word has a meaning that this kind knows, and all that it needs is said."""
        known = self.may.union(*self.needs)
        return all(word & known or "rest" in word for word in meanings) and all(
            any(word & one for word in meanings) for one in self.needs
        )


def recognise(request: str) -> Question | None:
    """The first question that ``request`` asks; None where it is another request."""
    text = request.strip()
    if not text or len(text) > LONGEST or "\n" in text:
        return None
    if _DID.search(text) or _PASSED.search(text):
        return Question("session" if _DID.search(text) else "passed")
    variants = _variants(text.replace("’", "'"))
    return next((found for one in variants if (found := _asked(*one))), None)


def _asked(variant: str, subject: str) -> Question | None:
    """What a request asks in which what it names is marked."""
    entries, rules = _data()
    words = [_plain(word) for word in _WORD.findall(variant)]
    for language in entries:
        meanings = _meanings(words, entries[language])
        found = next((rule for rule in rules if rule.fits(meanings)), None) if meanings else None
        if found and bool(subject) == (found.kind in ("explain", "where", "define")):
            return Question(found.kind, subject)
    return None


def marked(text: str, name: "re.Match[str]") -> Question | None:
    """Recognise what ``text`` asks about the definition called ``name``."""
    variant = f"{text[: name.start()]} {_NAME_MARK} {text[name.end() :]}"
    return _asked(variant, name[0])


def is_about_the_project(word: str) -> bool:
    """Whether a word points at the project, or at nothing by itself, as "it" does."""
    entries, _ = _data()
    return any(
        entries[one].get(_plain(word), frozenset()) & {"project", "this", "rest", "mine", "you"}
        for one in entries
    )


def _variants(text: str) -> Iterator[tuple[str, str]]:
    """``text`` with a mark where it names a file or a definition, and what it names; as it is otherwise."""
    named = _FILES.search(text)
    paths = [path for path in paths_in(text) if path in text] or ([named[0]] if named else [])
    if paths:
        if len(paths) == 1:
            quoted = rf"[`'\"]?{re.escape(paths[0])}[`'\"]?"
            yield re.sub(quoted, f" {_PATH_MARK} ", text, count=1), paths[0]
        return
    found = [*_QUOTED.finditer(text)] or [*_IDENTIFIER.finditer(text)]
    found = found or [match for match in _DEFINED.finditer(text) if _plain(match[0]) not in known_words()]
    if not found:
        yield text, ""
        found = [*_CAPITAL.finditer(text)]
    if len(found) == 1:
        (match,) = found
        name = (match[1] if match.re is _QUOTED else match[0]).removesuffix("()")
        mark = _NOUN_MARK if match.re is _CAPITAL else _NAME_MARK
        yield f"{text[: match.start()]} {mark} {text[match.end() :]}", name


def _meanings(words: list[str], entries: dict[str, frozenset[str]]) -> list[frozenset[str]] | None:
    """What the words mean, the longest entries first; None where one is unknown."""
    found: list[frozenset[str]] = []
    at = 0
    while at < len(words):
        for end in range(min(len(words), at + _LONGEST_ENTRY), at, -1):
            meaning = entries.get(" ".join(words[at:end]))
            if meaning is None and end == at + 1:
                meaning = _mistyped(words[at], entries)
            if meaning is not None:
                break
        else:
            return None
        if "rest" not in meaning or len(meaning) > 1:
            found.append(meaning)
        at = end
    return found


def _mistyped(word: str, entries: dict[str, frozenset[str]]) -> frozenset[str] | None:
    """What a word means that is one typing error away from a known one."""
    return next((entries[one] for one in _errors(word) if one in entries), None)


def _errors(word: str) -> Iterator[str]:
    """``word`` with one error taken back: two letters changed round; of longer words any other letter."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield from (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
    if len(word) < 4:
        return
    yield from (word[:at] + letter + word[at:] for at in range(len(word) + 1) for letter in letters)
    if len(word) >= 6:
        yield from (word[:at] + word[at + 1 :] for at in range(len(word)))
        yield from (word[:at] + letter + word[at + 1 :] for at in range(len(word)) for letter in letters)


def _plain(word: str) -> str:
    """A word in small letters, without accents."""
    decomposed = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss"))
    return "".join(one for one in decomposed if not unicodedata.combining(one))


@cache
def known_words() -> frozenset[str]:
    """All words of all languages by which questions are known."""
    return frozenset(word for entries in _data()[0].values() for word in entries)


@cache
def _data() -> tuple[dict[str, dict[str, frozenset[str]]], tuple[_Rule, ...]]:
    """The entries of each language with their meanings, and the rules."""
    text = files("assistant.agent.questions").joinpath("words.toml").read_text("utf-8")
    data = tomllib.loads(text)
    rules = tuple(
        _Rule(one["kind"], tuple(map(frozenset, one["needs"])), frozenset(one["may"]))
        for one in data.pop("rules")
    )
    languages: dict[str, dict[str, frozenset[str]]] = {}
    for language, meanings in data.items():
        entries: dict[str, set[str]] = {_PATH_MARK: {"path"}, _NAME_MARK: {"name"}}
        if language != "de":  # where every noun has a capital letter
            entries[_NOUN_MARK] = {"name"}
        for meaning, words in meanings.items():
            for word in words:
                key = " ".join(_WORD.findall(_plain(word)))
                entries.setdefault(key, set()).add(meaning)
        languages[language] = {word: frozenset(found) for word, found in entries.items()}
    return languages, rules
