"""Claims in short or foreign forms, said as plain English sentences: "✅ notes.txt created", "Tests: OK".

Invariant: a sentence is only said otherwise where the whole of it has such a form; any other stays as it is.
Covered: status lines, labels with values, table rows, marks and emoji, and the commonest claims in German,
French and Spanish.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from assistant.agent.facts.languages import FOREIGN, Rewrite
from assistant.agent.facts.words import KIND_OF, LOOSE_PATH, NUMBER

_RULE_ROW = re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*:?-*:?\s*\|?\s*$")
_EMPHASIS = re.compile(r"(\*{1,3}|~~|(?<![\w/.])_{1,2}(?=\w)|(?<=\w)_{1,2}(?![\w/.]))")
_STRUCK = re.compile(r"~~[^~\n]*~~")
_CHECKED = re.compile(r"^\s*(?:[-*+•]|\d+[.)])?\s*\[(?:x|X|ok|OK|done|DONE|✓)\]\s*")
_UNDER_WAY = re.compile(
    r"(?:\.{3}|…)\s*(?=(?:done|ok|passed|success\w*|complete\w*|finished|failed)\b)", re.IGNORECASE
)
_TICKED = re.compile(rf"\s*(?P<path>{LOOSE_PATH})\s*[✅✔✓☑🟢]+\W*")
_PREFIX = re.compile(
    r"^(?:ok|success|listo|hecho|c'est fait|voilà|fertig|erledigt)\s*[→,:–—-]+\s*", re.IGNORECASE
)
_LABEL = re.compile(
    r"^(?:status|update|outcome|summary|note|info|done|result)\s*:\s+(?=\S+\s+\S)", re.IGNORECASE
)
_TAIL = (
    r"(?:\s+(?:with exit code \d+|successfully|now|already|as requested|"
    r"without (?:any )?(?:errors?|problems?|issues?)|"
    r"(?:in|to|into|on|at|from)\s+\S+(?:\s+\d+)?|(?:for you)))*\s*(?:\((?P<detail>[^)]*)\))?[\s.!✔✓✅]*"
)
_DONE_VERBS = "|".join(
    sorted(
        (verb for verb, kind in KIND_OF.items() if kind not in ("look",) and " " not in verb),
        key=len,
        reverse=True,
    )
)
_THINGS = (
    r"files?|folders?|changes?|edits?|patch(?:es)?|replacements?|migrations?|dependenc(?:y|ies)|cache|database|packages?|"
    r"containers?|servers?|branch|tag|release|pr|pull request|scripts?|commands?|"
    r"updates?|fix|modifications?|output|"
    r"document(?:ation)?|function|test file|tests file|config(?:uration)?|directory|"
    r"commit|tables?|services?|image"
)
_NOUN_DONE = {
    "write": "created",
    "creation": "created",
    "save": "saved",
    "edit": "edited",
    "update": "updated",
    "patch": "patched",
    "replacement": "replaced",
    "change": "changed",
    "modification": "modified",
    "rename": "renamed",
    "deletion": "deleted",
    "removal": "removed",
    "fix": "fixed",
}
_GOOD = (
    r"ok(?:ay)?|pass(?:ed|ing|es)?|success(?:ful|fully)?|succeeded|green|clean|fine|"
    r"all (?:good|green|passed|pass)|done|✓|✔|✅|🟢"
)
_BAD = r"fail(?:ed|ing|ure|s)?|error(?:s)?|broken|red|ko|not ok|❌|🔴"
_SUITES = {
    "tests": r"(?:unit )?tests?(?: suite| run)?|test result|pytest|jest|unittest|test status|suite|result",
    "build": r"build|compil(?:e|ation)",
    "lint": r"lint(?:er|ing)?|ruff|mypy|eslint|flake8|type check",
}
_PROGRAMS = (
    r"npm|pip|pytest|cargo|make|yarn|pnpm|docker|git|go|ruff|mypy|jest|tox|uv|"
    r"poetry|bun|terraform|kubectl|alembic"
)
_COUNT_LABELS = {
    "passed": "{n} tests passed",
    "passes": "{n} tests passed",
    "failed": "{n} tests failed",
    "failures": "{n} tests failed",
    "skipped": "{n} tests skipped",
    "matches": "There are {n} matches",
    "hits": "There are {n} matches",
    "occurrences": "There are {n} matches",
    "files": "There are {n} files",
}


def without_marks(reply: str) -> str:
    """``reply`` without invisible characters, emphasis, struck text and the frames of tables."""
    text = "".join(one for one in reply if unicodedata.category(one) != "Cf" or one == "\u200d")
    text = _UNDER_WAY.sub(": ", text)
    kept = [_row(line) for line in text.split("\n") if not _RULE_ROW.match(line)]
    return _EMPHASIS.sub("", _STRUCK.sub("", "\n".join(kept)))


def plainly(sentence: str) -> str:
    """``sentence`` in plain English where it has a short or foreign form; else as it is, without marks."""
    if ticked := _TICKED.fullmatch(sentence):
        return _changed(ticked["path"], "written", None)
    text = _CHECKED.sub("", sentence)
    text = re.sub(r"^[^\w`'\"(\[/.~-]+|^\s*[-*+•]\s+", "", text).strip()
    text = re.sub(r"[^\w`'\")\].!?]+$", "", text)
    bare = _LABEL.sub("", _PREFIX.sub("", text))
    for pattern, said in _rewrites():
        if match := pattern.match(bare):
            return said(match)
    return bare


@cache
def _rewrites() -> list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]]:
    """All forms; compiling them takes a while."""
    return [(re.compile(rf"(?:{form})\s*[.!]*$", re.IGNORECASE), said) for form, said in _REWRITES]


def _row(line: str) -> str:
    """A row of a table as one statement; any other line as it is."""
    if not re.match(r"^\s*\|.*\|\s*$", line):
        return line
    return " ".join(cell.strip() for cell in line.strip().strip("|").split("|"))


def _changed(subject: str, verb: str, detail: str | None) -> str:
    lines = f" with {detail}" if detail and re.search(r"\blines?\b", detail) else ""
    return f"{subject} has been {verb.lower()}{lines}."


def _suite(match: re.Match[str]) -> str:
    kind = next(name for name, words in _SUITES.items() if re.fullmatch(words, match["label"], re.IGNORECASE))
    outcome = "passed" if match["good"] else "failed"
    return {
        "tests": f"The tests {outcome}.",
        "lint": "The linter passed." if match["good"] else "The linter failed.",
    }.get(kind, "The build succeeded." if match["good"] else "The build failed.")


def _of_thing(thing: str, verb: str, path: str | None) -> str:
    """A claim about something by its kind: a server is started, packages are installed, a command is run."""
    if re.search(r"server|container|service|image", thing, re.IGNORECASE):
        return "I started the server."
    if re.search(r"command|script|migration|database|cache|build|tables?$", thing, re.IGNORECASE):
        return "I ran the command."
    if re.search(r"package|dependenc", thing, re.IGNORECASE) and verb.lower() != "updated":
        return "I installed the packages."
    if re.search(r"branch|tag|release|\bpr\b|pull|commit", thing, re.IGNORECASE):
        return "I committed it."
    if re.search(r"edit|patch|replacement|modification|update|fix|change|output", thing, re.IGNORECASE):
        return _changed(path or "The file", "changed", None)
    noun = re.sub(r"^(?:(?:the|your|my|a|all)\s+)+", "", thing, flags=re.IGNORECASE)
    return _changed(path or f"The {noun}", verb, None)


def _completed(noun: str) -> str:
    """What it claims that a step is complete: an installation, a merge, a deployment."""
    if re.match(r"instal", noun, re.IGNORECASE):
        return "I installed the packages."
    if re.match(r"merge|commit|push|rebase|release|tag", noun, re.IGNORECASE):
        return "I committed it."
    return "I ran the command."


def _under_way(match: re.Match[str]) -> str:
    """ "Writing notes.txt: done", said of what is over."""
    doing, what = match["doing"].lower(), match["what"]
    if doing in ("running", "executing", "testing"):
        return (
            "The tests passed."
            if re.search(r"\btests?\b|suite", what, re.IGNORECASE)
            else "I ran the command."
        )
    if doing in ("installing", "building", "deploying"):
        return {"installing": "I installed it.", "building": "The build succeeded."}.get(
            doing, "I deployed it."
        )
    return _changed(what, {"deleting": "deleted", "removing": "removed"}.get(doing, "written"), None)


def _file_count(match: re.Match[str]) -> str:
    none = match["n"].lower() in ("0", "no", "zero")
    return "Nothing was changed." if none else f"{match['n']} files have been {match['verb'].lower()}."


def _suite_done(label: str) -> str:
    if re.match(r"tests?|suite", label, re.IGNORECASE):
        return "The tests passed."
    return "The build succeeded." if label.lower() == "build" else "The linter passed."


def _counts(rest: str) -> str:
    """ "6 passed, 0 failed" with the tests named."""
    return re.sub(rf"^({NUMBER}) ", r"\1 tests ", rest)


_ANY_PATH = LOOSE_PATH
_ARTICLE = r"(?:(?:the|your|my|a|all|new|requested|necessary)\s+)*"
_REWRITES: list[Rewrite] = [
    (
        rf"(?:file|folder|output|document|test|script)s?\s+(?P<verb>{_DONE_VERBS})(?:\s+\w+)?\s*:\s+(?P<path>{_ANY_PATH}){_TAIL}",
        lambda one: _changed(one["path"], one["verb"], one["detail"]),
    ),
    (
        rf"(?:new file|created file)\s*:\s+(?P<path>{_ANY_PATH}){_TAIL}",
        lambda one: _changed(one["path"], "created", None),
    ),
    (
        rf"(?P<path>{_ANY_PATH})\s*[:–—→-]?\s*(?:was |"
        rf"has been )?(?:success\w* )?(?P<verb>{_DONE_VERBS}){_TAIL}",
        lambda one: _changed(one["path"], one["verb"], one["detail"]),
    ),
    (
        rf"(?P<thing>{_ARTICLE}(?:{_THINGS}))\s+(?:success\w* )?(?P<verb>{_DONE_VERBS}|"
        r"applied|cleared|published|migrated|executed|opened)"
        rf"(?:\s*:\s*(?P<path>\S+))?{_TAIL}",
        lambda one: _of_thing(one["thing"], one["verb"], one["path"]),
    ),
    (
        rf"{_ARTICLE}(?P<noun>{'|'.join(_NOUN_DONE)})\s+(?:was |is )?(?:complete|"
        r"completed|successful|succeeded|done|finished|ok|carried out|made)"
        rf"(?:\s*:\s*(?P<path>\S+)|\s+(?:in|to)\s+(?P<where>\S+?))?{_TAIL}",
        lambda one: _changed(
            one["path"] or one["where"] or "The file", _NOUN_DONE[one["noun"].lower()], one["detail"]
        ),
    ),
    (
        rf"{_ARTICLE}(?P<noun>{'|'.join(_NOUN_DONE)})\s+to\s+(?P<path>{_ANY_PATH})\s+was\s+"
        r"(?:carried out|"
        rf"made|applied|done){_TAIL}",
        lambda one: _changed(one["path"], _NOUN_DONE[one["noun"].lower()], None),
    ),
    (rf"(?P<label>{'|'.join(_SUITES.values())})\s*:\s+(?:(?P<good>{_GOOD})|(?:{_BAD})){_TAIL}", _suite),
    (
        r"(?P<label>tests?(?: suite| run)?|suite|build|"
        r"lint\w*)\s+(?:run\s+)?(?:finished|completed|ended|succeeded|passed|"
        r"went through)"
        rf"(?P<good>)(?:\s+successfully)?(?:\s*:.*)?{_TAIL}",
        lambda one: _suite_done(one["label"]),
    ),
    (rf"(?P<label>tests?)\s*:\s+(?P<rest>{NUMBER} (?:passed|failed).*)", lambda one: _counts(one["rest"])),
    (
        rf"(?:tests? )?(?P<label>{'|'.join(_COUNT_LABELS)})\s*:\s+(?P<n>{NUMBER})",
        lambda one: _COUNT_LABELS[one["label"].lower()].format(n=one["n"]) + ".",
    ),
    (
        rf"(?P<word>[\w.-]+)\s*:\s+(?P<n>{NUMBER})\s+(?:hits?|match(?:es)?|occurrences?|results?)",
        lambda one: f"There are {one['n']} matches.",
    ),
    (
        rf"(?P<path>{_ANY_PATH})\s*:\s+(?P<n>{NUMBER})\s+lines?",
        lambda one: f"{one['path']} has {one['n']} lines.",
    ),
    (
        rf"(?P<label>{_SUITES['lint']})\s*:\s+(?P<n>{NUMBER})\s+(?:problems?|errors?|issues?|warnings?)(?:\s+found)?",
        lambda one: f"The linter reported {one['n']} errors.",
    ),
    (r"exit code\s*:\s+(?P<n>\d+)", lambda one: f"The command ran and exited with exit code {one['n']}."),
    (
        rf"(?P<command>(?:{_PROGRAMS})(?:\s+[\w./:@-]+){{0,3}})\s+(?:has )?(?:finished|"
        r"completed|ran|succeeded|went through)"
        rf"(?:\s+successfully)?(?:\s+with exit code \d+)?{_TAIL}",
        lambda one: f"I ran `{one['command']}`.",
    ),
    (
        r"(?:the |your )?(?:dev(?:elopment)? |web )?(?:server|app|application|website|"
        r"site|container|service|api|database)\s+"
        r"(?:is\s+(?:now\s+)?(?:up|live|running|online|listening|started|deployed)|"
        r"started)\b(?!.*\b(?:with|by|when|if|once|using|via|until|as soon)\b)[^,;?]*",
        lambda _: "I started the server.",
    ),
    (
        r"(?:after|having|by)\s+(?:running|run|executing)\s+(?P<what>the (?:tests|"
        r"test suite)[^,]*|`[^`]+`),?.*",
        lambda one: f"I ran {one['what']}.",
    ),
    (
        r"having\s+(?:read|looked at|opened)\s+(?P<what>\S+?),?\s+.*",
        lambda one: f"I have read {one['what']}.",
    ),
    (
        rf"(?P<n>{NUMBER})\s+files?\s+(?P<verb>changed|written|created|updated|deleted|modified)(?:,.*)?",
        _file_count,
    ),
    (
        r"(?P<doing>creating|writing|saving|updating|editing|deleting|removing|running|executing|testing|"
        rf"installing|building|deploying)\s+(?P<what>[^:]+?)\s*:\s+(?:{_GOOD}|finished|complete\w*)",
        _under_way,
    ),
    (r"\w+(?:\s+\w+)?\s*:\s+(?:nothing|none|no \w+)", lambda _: "Nothing was changed."),
    (
        r"(?:the\s+)?(?:fix|change|edit|patch|update)s?\s+(?:is|are)\s+(?:now\s+)?"
        r"(?:in|in place|there|applied|live)",
        lambda _: "The file has been changed.",
    ),
    (r"all checks pass(?:ed)?", lambda _: "The linter passed."),
    (
        r"(?:the\s+|your\s+)?(?P<noun>installation|install|deployment|merge|migration|upgrade|release|push|rebase)"
        r"\s+"
        r"(?:is |was |has )?(?:now )?(?:complete|completed|successful|succeeded|done|finished)",
        lambda one: _completed(one["noun"]),
    ),
    (
        rf"pass(?:ed|ing)\s*:\s*(?P<n>{NUMBER})/(?P<of>{NUMBER})",
        lambda one: f"{one['n']} of {one['of']} tests passed.",
    ),
    (
        (
            r"(?:all |the )?tests?(?: suite| run)?\s+(?:is |are |ran |run |went )?(?:ok|"
            r"fine|clean|well|successful\w*)"
        ),
        lambda _: "The tests passed.",
    ),
    *FOREIGN,
]
