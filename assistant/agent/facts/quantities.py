"""Questions for a number: of lines, files, tests, matches, functions, and whether the tests pass.

Invariant: a number is read off a result that holds the whole of what is asked for; what narrows the question
in a way that is not understood ("empty lines") leaves it without an answer. Pure.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from assistant.agent.facts.results import Result
from assistant.agent.facts.summary import counted
from assistant.agent.facts.words import paths_in

HOW_MANY = re.compile(
    r"\b(?:how\s+(?:many|much|may)|(?:what(?:'s| is) the |"
    r"the )?(?:total )?(?:number|count|amount) of|count(?: up)?|"
    r"wie ?viele?|cu[aá]nt[ao]s|combien d(?:e|es|')|anzahl (?:der)?)\s*(?P<what>.*)",
    re.IGNORECASE,
)
LONG = re.compile(
    (
        r"\b(?:how (?:long|big|large) is|line count of|lines of code in|length of|"
        r"wie lang ist|size of)\s+(?P<rest>.*)"
    ),
    re.I,
)
_NOUNS = {
    "lines": r"lines?(?: of (?:code|text))?|loc|zeilen|l[ií]neas|lignes?",
    "files": r"files?|dateien|archivos|ficheros|fichiers?",
    "folders": r"folders?|director(?:y|ies)|subfolders?|ordner|carpetas|dossiers?",
    "entries": r"entries|items|things",
    "tests": r"tests?(?: cases?)?|test cases|pruebas|unit tests",
    "words": r"words?|w[oö]rter|palabras|mots",
    "characters": r"char(?:acter)?s?|letters|zeichen|caracteres",
    "functions": r"functions?|funktionen|funciones|fonctions",
    "methods": r"methods?",
    "classes": r"class(?:es)?|klassen|clases",
    "matches": r"match(?:es)?|hits?|occurrences?|results?|times|treffer",
}
_PLAIN = re.compile(
    r"(?:(?:of|the|these|those|all|in|total|different|other|of them|do|we|there|die|der|las|los|les)\s+)*"
)
_NARROWED = re.compile(
    r"\b(?:contain\w*|with(?:out)?|match\w*|mention\w*|start\w*|begin\w*|end\w*|longer|shorter|larger|bigger|smaller|older|newer|"
    r"report\w*|per|each|every|average|should|would|could|can|may|unless|added|removed|"
    r"deleted|more than|less than|that (?:are|have)|"
    r"private|public|async|empty|blank|unused|import\w*|before|after|between|yesterday|today)\b",
    re.IGNORECASE,
)
KINDS_OF_FILES = {
    "python": ".py",
    "markdown": ".md",
    "javascript": ".js",
    "typescript": ".ts",
    "json": ".json",
    "yaml": ".yaml",
    "toml": ".toml",
    "rust": ".rs",
    "go": ".go",
    "text": ".txt",
    "csv": ".csv",
    "html": ".html",
    "css": ".css",
    "java": ".java",
    "c": ".c",
    "shell": ".sh",
    "ruby": ".rb",
}
_OUTCOMES = {
    "passed": r"\bpass\w*|\bsucceed\w*|\bsuccessful\b|\bgreen\b|\bok\b|bestanden|\bgr[uü]n\b",
    "failed": r"\bfail\w*|\bbroke\w*|\bred\b|fehlgeschlagen|\bfalla\w*|\b[eé]chou\w*",
    "skipped": r"\bskip\w*",
    "errors": r"\berrors?\b",
}
_DO_TESTS = re.compile(
    r"^(?:so |and |ok(?:ay)?,? )?(?:do|does|did|are|is|have|has)\b.*\b(?:tests?|"
    r"test suite|suite|everything)\b"
    r".*\b(?:pass\w*|green|ok|okay|fail\w*|broken|red|succeed\w*|successful)\b|"
    r"^(?:are|is) (?:the )?(?:tests?|suite) "
    r"(?:ok|green|fine)",
    re.IGNORECASE,
)


def quantity(request: str, results: Sequence[Result]) -> str | None:
    """The number that ``request`` asks for, as a plain sentence."""
    last = results[-1]
    if last.call.tool in ("run_tests", "run_shell") and (said := _do_tests(request, last)):
        return said
    if (asked := LONG.search(request)) and "lines" in last.counts and last.is_about(request):
        named = paths_in(request) or re.match(r"(?:it|that|this|the file)\b", asked["rest"], re.IGNORECASE)
        return _lines(request, last) if named and not _NARROWED.search(asked["rest"]) else None
    asked = HOW_MANY.search(request)
    if asked is None or re.search(r"\bhow many\b.*\bhow many\b", request, re.IGNORECASE):
        return None
    what = asked["what"].rstrip(" ?.!")
    found = noun_in(what)
    if found is None:
        return _matches(what, last)
    noun, before, after = found
    if noun != "tests" and _NARROWED.search(after):
        return _narrowed(noun, after, last)
    if before and noun != "files":
        return _matches(what, last)
    count = _COUNTS.get(noun)
    return count(f"{before} {after}" if noun == "files" else request, last) if count else _matches(what, last)


def noun_in(what: str) -> tuple[str, str, str] | None:
    """What is to be counted, the words that stand before it and those after it."""
    plain = _PLAIN.match(what)
    start = plain.end() if plain else 0
    for name, pattern in _NOUNS.items():
        match = re.match(rf"(?P<before>(?:[\w*.+#-]+\s+)??)(?:{pattern})\b", what[start:], re.IGNORECASE)
        if match:
            return name, match["before"].strip().lower(), what[start + match.end() :]
    return None


def _lines(request: str, last: Result) -> str | None:
    if "lines" not in last.counts or not last.is_about(request):
        return None
    return f"{last.subject} has {counted(last.counts['lines'], 'line')}."


def _files(said: str, last: Result) -> str | None:
    """``said`` is what stands around the word: the kind of files, what became of them."""
    kind, _, rest = said.strip().partition(" ")
    if last.call.tool == "git_diff" and re.search(r"chang|modif|differ|touch|geändert|modificad", said, re.I):
        number = last.counts.get("files", 0)
        return f"{counted(number, 'file')} {'differs' if number == 1 else 'differ'} from the last commit."
    if last.call.tool == "search_files" and re.search(r"\b(?:contain|mention|match|use|have|has)\w*", said):
        return None if last.result.truncated else f"{counted(last.counts.get('files', 0), 'file')}."
    if "entries" not in last.counts or not last.whole:
        return None
    pattern = last.call.arguments.get("pattern")
    where = last.call.arguments.get("path")
    end = KINDS_OF_FILES.get(kind, kind if kind.startswith(".") else "")
    end = end.removeprefix("*")
    if end and not pattern:
        number = sum(PurePosixPath(one).suffix == end for one in last.entries)
        return f"{counted(number, 'file')} {'ends' if number == 1 else 'end'} with {end}."
    if (
        kind
        and not end
        and kind
        not in (
            "are",
            "is",
            "do",
            "does",
            "in",
            "there",
            "here",
            "have",
            "has",
            "gibt",
            "hay",
            "exist",
            "source",
        )
    ):
        return None
    if kind == "source" or re.search(r"chang|modif", rest):
        return None
    inside = f" in {where}" if where and where != "." else ""
    return f"{counted(last.counts['files'], 'file')}{f' match {pattern}' if pattern else ''}{inside}."


def _folders(_: str, last: Result) -> str | None:
    if "entries" not in last.counts or not last.whole or last.call.arguments.get("pattern"):
        return None
    tops = {one.partition("/")[0] for one in last.entries if "/" in one}
    return f"{counted(len(tops), 'folder')}: {', '.join(sorted(tops)[:12])}." if tops else "0 folders."


def _entries(_: str, last: Result) -> str | None:
    return f"{counted(last.counts['entries'], 'entry')}." if "entries" in last.counts and last.whole else None


def _words(request: str, last: Result) -> str | None:
    if not last.whole or last.call.tool != "read_file" or not last.is_about(request):
        return None
    return f"{last.subject} has {counted(sum(len(line.split()) for line in last.lines), 'word')}."


def _characters(request: str, last: Result) -> str | None:
    if not last.whole or last.call.tool != "read_file" or not last.is_about(request):
        return None
    return f"{last.subject} has {counted(sum(map(len, last.lines)), 'character')} without line ends."


def _definitions(*kinds: str) -> Callable[[str, Result], str | None]:
    def count(request: str, last: Result) -> str | None:
        """How many definitions of those kinds the file has that was read whole."""
        from tools.builtin.outline import outline

        if not last.lines or not last.is_about(request):
            return None
        entries = outline(last.subject, "\n".join(last.lines)).entries
        if not any(one.kind for one in entries):
            return None
        names = [one.name for one in entries if one.kind in kinds]
        noun = {"function": "function", "method": "method", "class": "class"}[kinds[0]]
        shown = f": {', '.join(names[:12])}{', …' if len(names) > 12 else ''}" if names else ""
        number = (
            f"{len(names):,} classes" if noun == "class" and len(names) != 1 else counted(len(names), noun)
        )
        return f"{last.subject} has {number}{shown}."

    return count


def _tests(request: str, last: Result) -> str | None:
    """How many tests there are, or passed or failed."""
    found = last.counted
    said = next((name for name, words in _OUTCOMES.items() if re.search(words, request, re.I)), "")
    if not found.runner or re.search(
        r"\b(?:write|written|should|would|more|new|slow\w*|take\w*)\b", request, re.I
    ):
        return None
    if said in found.numbers:
        return f"{counted(found.numbers[said], 'test')} {said} ({found.runner})."
    if said or "passed" not in found.numbers:
        return None
    total = sum(found.numbers.get(name, 0) for name in ("passed", "failed", "errors", "skipped"))
    return f"{counted(total, 'test')} ({found.runner})."


def _do_tests(request: str, last: Result) -> str | None:
    """Whether the tests pass, or any of them fails."""
    found = last.counted
    if not found.runner or not _DO_TESTS.search(request) or "passed" not in found.numbers:
        return None
    bad = found.numbers.get("failed", 0) + found.numbers.get("errors", 0)
    good = found.numbers["passed"]
    asks_for_bad = re.search(_OUTCOMES["failed"], request, re.IGNORECASE) is not None
    if not bad and not good:
        return None
    yes = bool(bad) if asks_for_bad else not bad
    parts = [f"{counted(bad, 'test')} failed"] if bad else []
    parts += [f"{good:,} passed" if parts else f"{counted(good, 'test')} passed"] if good or not bad else []
    return f"{'Yes' if yes else 'No'}: {', '.join(parts)} ({found.runner})."


def _matches(what: str, last: Result) -> str | None:
    """The matches of a search, where they are what is asked for."""
    if last.call.tool != "search_files" or last.result.truncated or "matches" not in last.counts:
        return None
    word = re.sub(r"\\b|\\s[*+]?|[\\^$():]", "", str(last.call.arguments.get("pattern", ""))).strip().lower()
    plain = word.rstrip("s")
    noun = re.match(rf"(?:{_NOUNS['matches']})\b", what, re.IGNORECASE)
    if not plain or not (plain in what.lower() or (noun and not re.search(r"\bof (?!them)", what))):
        return None
    return f"{counted(last.counts['matches'], 'match')} in {counted(last.counts['files'], 'file')}."


def _narrowed(noun: str, after: str, last: Result) -> str | None:
    """Lines or files that contain what was searched for."""
    if (
        last.call.tool != "search_files"
        or last.result.truncated
        or not re.search(r"\b(?:contain|mention|match|with)\w*", after)
    ):
        return None
    word = re.sub(r"\\b", "", str(last.call.arguments.get("pattern", ""))).lower()
    if not word or word not in after.lower():
        return None
    if noun == "files":
        return f"{counted(last.counts['files'], 'file')}."
    return (
        f"{counted(last.counts['matches'], 'line')} in {counted(last.counts['files'], 'file')}."
        if noun == "lines"
        else None
    )


_COUNTS: dict[str, Callable[[str, Result], str | None]] = {
    "lines": _lines,
    "files": _files,
    "folders": _folders,
    "entries": _entries,
    "tests": _tests,
    "words": _words,
    "characters": _characters,
    "functions": _definitions("function", "method"),
    "methods": _definitions("method"),
    "classes": _definitions("class"),
}
