"""Names as people write them: in "what does slug do" any word can be the name of a function or a module.

Invariant: a word counts as a name only where something in the workspace has it; else the request is the
student's, as if nobody had looked.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from assistant.agent.questions.recognise import (
    LONGEST,
    Kind,
    Question,
    is_about_the_project,
    known_words,
    marked,
)
from tools.base import ToolContext
from tools.builtin.outline import DEFINING
from tools.builtin.paths import located
from tools.builtin.search import look_up
from tools.builtin.tree import Ignores, walk
from tools.calls import ToolError

SECONDS = 3.0
"""How long a look for a definition may take."""
MOST_ENTRIES = 20_000
SOURCES = (".py", ".js", ".jsx", ".mjs", ".ts", ".tsx", ".go", ".rs", ".c", ".java", ".rb", ".sh")
_NOUN = r"(?:function|class|method|module|file|script|funktion|klasse|modul|fonction|funci[oó]n|clase)"
_NAME = rf"(?: (?:the|die|das|la|el|le))?(?P<noun> {_NOUN})? (?P<name>[a-z_]\w*)(?P<noun_> {_NOUN})?"
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "define",
        re.compile(
            r"(?i)^\W*(?:what (?:does|do|is|are)|explain|describe|was macht|was ist|erkl[aä]re?|qu[eé] hace|"
            rf"explica|que fait|explique){_NAME}(?: (?:do|does|for|about|return))?\W*$"
        ),
    ),
    ("where", re.compile(rf"(?i)^\W*(?:where(?: is|'s)|wo ist|d[oó]nde est[aá]|o[uù] est){_NAME}\W*$")),
)
_WORD = re.compile(r"\b[a-z_]\w+\b")


def guess(request: str, context: ToolContext) -> Question | None:
    """What ``request`` asks of something that the workspace names with one of its words. Reads files."""
    text = request.strip()
    if not text or len(text) > LONGEST or "\n" in text:
        return None
    try:
        return next(filter(None, (_found(one, context) for one in _candidates(text))), None)
    except ToolError:
        return None


def _candidates(text: str) -> Iterator[Question]:
    unknown = [match for match in _WORD.finditer(text) if match[0].lower() not in known_words()]
    if len(unknown) == 1 and (found := marked(text, unknown[0])):
        yield found
    for kind, pattern in _PATTERNS:
        match = pattern.match(text)
        if match and (match["noun"] or match["noun_"] or not is_about_the_project(match["name"])):
            yield Question(kind, match["name"])


def _found(question: Question, context: ToolContext) -> Question | None:
    """The question with the definition, or else the one file, that has the name; None where nothing has."""
    name = question.subject
    if look_up(context, rf"^\s*(?:\w+\s+)*{DEFINING}\s+{name}\b|^{name}\s*(?::[^=]+)?=[^=]", SECONDS):
        return question
    paths = [path for path in _sources(context) if PurePosixPath(path).stem == name]
    if len(paths) != 1:
        return None
    return Question("explain" if question.kind == "define" else "where", paths[0])


def _sources(context: ToolContext) -> list[str]:
    with located(context.workspace, ".") as root:
        entries = islice(walk(root, Ignores(context.workspace), []), MOST_ENTRIES)
        return [one.path for one in entries if one.is_file and one.path.endswith(SOURCES)]
