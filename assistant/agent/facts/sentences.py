"""A reply as clauses that state something: without code, quotations, questions, plans and conditions.

Invariant: only statements in the reply's own voice are left. Not covered: irony, and other languages than
English and those of ``languages``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.agent.facts.terse import plainly, without_marks

LONGEST_REPLY, LONGEST_SENTENCE = 50_000, 600
"""What is read of a reply and of a sentence, in characters, so that no reply takes long."""
_SPACES = re.compile(r"[^\S\n]+")
_FENCED = re.compile(r"(?ms)^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1[ \t]*$|\Z)|`{3,}.*?`{3,}")
_QUOTED_LINE = re.compile(r"(?m)^[ \t]*>.*$")
_QUOTED = re.compile(r"“[^”\n]*”|\"[^\"\n]*\"|(?<!\w)'[^'\n]+'(?!\w)")
_INLINE = re.compile(r"`([^`\n]*)`")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')*_]*\s+|\n+|(?<=[:;])\s+|\s+[–—-]\s+")
_LINE_END = re.compile(r"(?<=[.!?…])[\"')*_]*\s+|\n+")
_OF_OTHERS = re.compile(r"\b(?:says?|said|states?|reads?|prints?|shows?|tells?):$", re.IGNORECASE)
"""What announces the words of a file or a program."""
_CLAUSE = re.compile(
    r",?\s+(?:but|yet|while|whereas|although|though|because|until|so that|and so|which means(?: that)?)\s+"
    r"|,\s+(?:and\s+|so\s+)?"
    r"(?=(?:I|we|you|it|they|the|all|no|one|none|only|there|everything|[a-z]+ tests?|\d+)\b)"
    r"|\s+and\s+(?=(?:I|we|you|it|they|the|all|no|one|none|there|everything|\d+)\b(?! \w+ of\b))",
    re.IGNORECASE,
)
_LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_OPENING = re.compile(
    r"^(?:ok(?:ay)?|sure|great|alright|all right|yes|well|so|also|then|here you go)[,.!:]*\s+", re.I
)


@dataclass(frozen=True)
class Clause:
    """``text`` of one clause without its code, ``commands`` what stood between backticks in the reply.

    ``sentence`` is what it is part of, as written.
    """

    text: str
    sentence: str
    commands: tuple[str, ...] = ()


def clauses(reply: str) -> Iterator[Clause]:
    """The clauses of ``reply`` that are no questions, with what is quoted left out."""
    text = _QUOTED_LINE.sub("", _FENCED.sub("\n", _SPACES.sub(" ", reply[:LONGEST_REPLY]))).replace("’", "'")
    for sentence in _sentences(without_marks(text)):
        if not sentence.strip() or sentence.rstrip(" \"')*_").endswith("?"):
            continue
        commands: list[str] = []

        def masked(match: re.Match[str], commands: list[str] = commands) -> str:
            inner = match[1].strip()
            if " " not in inner:
                return inner
            commands.append(inner)
            return "CODE"

        plain = _QUOTED.sub(_unquoted, _INLINE.sub(masked, sentence))
        plain = _LIST_MARK.sub("", plain).replace("**", "").replace("__", "").strip()
        plain = _OPENING.sub("", plain)
        for clause in _CLAUSE.split(plain):
            if clause and clause.strip(" ,.!"):
                yield Clause(clause.strip(" ,"), sentence.strip(), tuple(commands))


def _sentences(text: str) -> Iterator[str]:
    """The parts of ``text`` that may claim something, each in plain words."""
    for line in _LINE_END.split(text):
        plain = plainly(line[:LONGEST_SENTENCE])
        for part in _SENTENCE_END.split(plain):
            yield plainly(part) if part != plain else part
            if _OF_OTHERS.search(part):
                break


def sentence_ends(reply: str) -> list[int]:
    """Where the whole sentences of an unfinished ``reply`` end; the last one may still be under way."""
    return [match.end() for match in _SENTENCE_END.finditer(reply)]


def _unquoted(match: re.Match[str]) -> str:
    """A name that stands in quotation marks stays; what was said does not."""
    inner = match[0][1:-1]
    return inner if re.fullmatch(r"[\w./-]+", inner) else "QUOTE"
