"""Questions that the host answers by counting and comparing, from the results of a turn's calls.

Invariant: an answer is read off a result that holds the whole of what is asked for; where a result was cut,
is of something else, or the question has another sense, there is none. Pure.
"""

import math
import re
from collections.abc import Sequence

from assistant.agent.facts.quantities import quantity
from assistant.agent.facts.results import Result
from assistant.agent.facts.summary import counted
from assistant.agent.facts.words import paths_in, same_file

__all__ = ["Result", "answer_from_results"]

LONGEST_REQUEST = 300
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_LAST = r"last|final|bottom|letzten?|[uú]ltima|derni[eè]re"
_FIRST = r"first|top|erste|primera|premi[eè]re"
LINE = re.compile(
    rf"\b(?P<before>second[ -]to[ -]|second[ -]|next[ -]to[ -])?(?P<end>{_LAST}|{_FIRST})\s+(?P<many>\d+\s+)?"
    r"(?:lines?|zeilen?|l[ií]neas?|lignes?)\b"
    rf"|\b(?P<ordinal>{'|'.join(_ORDINALS)})\s+line\b|\b(?:line|zeile|l[ií]nea|ligne)\s+(?:number\s+|no\.?\s+|#)?(?P<number>\d+)\b"
    r"|\b(?P<nth>\d+)(?:st|nd|rd|th)\s+line\b"
    r"|\b(?P<way>start|begin|end)s?\s+with\b",
    re.IGNORECASE,
)
NO_LOOK = re.compile(
    r"\b(?:write|add|append|summari[sz]e|delete|remove|change|replace|edit|insert|mean\w*|explain|why|fix|move|copy|put|make|"
    r"comment|print(?:s|ed)? by|wrong|each|every|does it do)\b",
    re.IGNORECASE,
)
IS_THERE = re.compile(
    r"\b(?:is|are)\s+there\s+(?:an?\s+|any\s+|the\s+)?(?:file\s+(?:called|named)\s+)?(?P<a>[\w./-]+)"
    r"|\b(?:does|do|has|have|did)\b.*?\b(?:have|has|contain|include|got|with|"
    r"come with|ship)\s+(?:an?\s+|any\s+|the\s+)?(?P<b>[\w./-]+)"
    r"|\b(?:does|do)\s+(?:the\s+)?(?:file\s+)?(?P<c>[\w./-]+)\s+exist"
    r"|\bis\s+(?:the\s+)?(?P<d>[\w./-]+)\s+(?:there|here|present|missing|in (?:the|"
    r"this) (?:repo|project|folder))\b"
    r"|\bgibt es\s+(?:hier\s+)?(?:ein(?:e|en)?\s+)?(?P<e>[\w./-]+)|"
    r"\bhay\s+(?:un[ao]?|alg[uú]n)\s+(?P<f>[\w./-]+)"
    r"|\by a[- ]t[- ]il\s+une?\s+(?P<g>[\w./-]+)|^(?:any|no)\s+(?P<h>[\w./-]+)(?:\s+here)?\s*\?",
    re.IGNORECASE,
)
LARGER = re.compile(
    r"\b(?:which|what|who|welche\w*)\b.*\b(?P<way>larger|bigger|longer|largest|biggest|longest|smaller|shorter|smallest|"
    r"shortest|more lines|most lines|fewer lines|fewest lines|less lines|"
    r"l[aä]nger\w*|k[uü]rzer\w*|gr[oö](?:ß|ss)er\w*|kleiner\w*)\b"
    r"|\bis\s+(?P<one>\S+)\s+(?P<than>larger|bigger|longer|smaller|shorter)\s+than\s+(?P<other>\S+)",
    re.IGNORECASE,
)
_SMALL = re.compile(r"small|short|few|less|kürz|kurz|klein", re.IGNORECASE)
CONTAINS = re.compile(
    r"^(?:does|do|is|are)\b.*?\b(?P<verb>contain|mention|include|use|import|say|have|define)s?\s+(?:the\s+(?:word|text|name|string)\s+|a\s+|an\s+)?"
    r"[`'\"]?(?P<word>[\w.-]+)[`'\"]?(?:\s+(?:anywhere|at all|in it))?\s*\?*$"
    r"|^is\s+[`'\"]?(?P<other>[\w.-]+)[`'\"]?\s+(?:mentioned|used|contained|defined|imported|found)\b",
    re.IGNORECASE,
)
EMPTY = re.compile(
    r"^is\s+(?:the\s+)?(?:file\s+)?(?P<name>\S+?)\s+empty\b|\bist\s+(?P<other>\S+)\s+leer\b", re.IGNORECASE
)
EXTREME = re.compile(
    r"\b(?P<way>largest|biggest|highest|greatest|maximum|max|smallest|lowest|minimum|min)\s+(?:number|value)\b|"
    r"\b(?P<sum>sum|total)\s+of\s+(?:all\s+)?(?:the\s+)?numbers\b",
    re.IGNORECASE,
)
_NUMBER_LINE = re.compile(r"\s*[-+]?\d+(?:\.\d+)?\s*$")


def answer_from_results(request: str, results: Sequence[Result]) -> str | None:
    """The answer to ``request`` where counting or comparing ``results`` gives one, as a plain sentence."""
    good = [one for one in results if one.result.success or one.counts]
    if not good or request.count("?") > 1 or len(request) > LONGEST_REQUEST or "\n" in request.strip():
        return None
    for answer in (quantity, _line, _larger, _empty, _extreme, _is_there, _contains):
        if said := answer(request.strip(), good):
            return said
    return None


def _line(request: str, results: Sequence[Result]) -> str | None:
    """A line by its number, or the first or last ones."""
    asked = LINE.search(request)
    last = results[-1]
    if asked is None or not last.lines or not last.is_about(request) or NO_LOOK.search(request):
        return None
    lines, name = last.lines, last.subject
    if asked["way"]:
        if not re.search(rf"^(?:what|how)\b.*\b{asked['way']}s?\s+with\s*\??$", request, re.IGNORECASE):
            return None
        number = len(lines) if asked["way"].lower() == "end" else 1
    elif asked["end"]:
        from_end = re.fullmatch(_LAST, asked["end"], re.IGNORECASE) is not None
        if asked["many"]:
            many = min(int(asked["many"]), len(lines), 20)
            start = len(lines) - many if from_end else 0
            return "\n".join(f"{name}:{at + 1}: {lines[at].strip()}" for at in range(start, start + many))
        number = len(lines) - bool(asked["before"]) if from_end else 1
    elif asked["ordinal"]:
        number = _ORDINALS.index(asked["ordinal"].lower()) + 1
    else:
        number = int(asked["number"] or asked["nth"])
    if not 0 < number <= len(lines):
        return f"{name} has only {counted(len(lines), 'line')}."
    return f"{name}:{number}: {lines[number - 1].strip()}"


def _larger(request: str, results: Sequence[Result]) -> str | None:
    """Which of the files that were read has more lines; what is meant by larger is said with it."""
    asked = LARGER.search(request)
    sizes = {one.subject: one.counts["lines"] for one in results if "lines" in one.counts}
    if (
        asked is None
        or len(sizes) < 2
        or re.search(r"\b(?:function|class|number|value|line is)\b", request, re.I)
    ):
        return None
    said = paths_in(request)
    if said and not all(any(same_file(path, name) for name in sizes) for path in said):
        return None
    way = asked["way"] or asked["than"]
    pick = min if _SMALL.search(way) else max
    chosen = pick(sizes, key=lambda name: sizes[name])
    if list(sizes.values()).count(sizes[chosen]) > 1:
        return f"They have the same number of lines: {sizes[chosen]:,}."
    rest = ", ".join(f"{name} {number:,}" for name, number in sizes.items() if name != chosen)
    told = f"{chosen}: {counted(sizes[chosen], 'line')} ({rest})."
    return f"{'Yes' if same_file(asked['one'], chosen) else 'No'}, {told}" if asked["than"] else told


def _empty(request: str, results: Sequence[Result]) -> str | None:
    asked = EMPTY.search(request)
    last = results[-1]
    if (
        asked is None
        or "lines" not in last.counts
        or not same_file(asked["name"] or asked["other"], last.subject)
    ):
        return None
    lines = last.counts["lines"]
    return f"No, {last.subject} has {counted(lines, 'line')}." if lines else f"Yes, {last.subject} is empty."


def _extreme(request: str, results: Sequence[Result]) -> str | None:
    """The largest, the smallest or the sum of a file that has one number on each line."""
    asked = EXTREME.search(request)
    last = results[-1]
    lines = [line for line in last.lines if line.strip()]
    if asked is None or not lines or not last.is_about(request) or not all(map(_NUMBER_LINE.match, lines)):
        return None
    if asked["sum"]:
        return f"{_total(lines)}."
    pick = min if re.match(r"small|low|min", asked["way"], re.IGNORECASE) else max
    at = pick(range(len(last.lines)), key=lambda at: _value(last.lines[at], pick is max))
    return f"{last.subject}:{at + 1}: {last.lines[at].strip()}"


def _value(line: str, largest: bool) -> float:
    return float(line) if line.strip() else float("-inf" if largest else "inf")


def _total(lines: Sequence[str]) -> str:
    total = math.fsum(map(float, lines))
    return f"{int(total):,}" if total.is_integer() else f"{total:,}"


def _is_there(request: str, results: Sequence[Result]) -> str | None:
    """Whether a listing has a file of that name."""
    asked = IS_THERE.search(request)
    listed = [one for one in results if one.call.tool == "list_files"]
    if asked is None or not listed or len(results) > 1:
        return None
    one = listed[0]
    name = file_name(next(filter(None, asked.groups())))
    if not name:
        return None
    found = [entry for entry in one.entries if same_file(name, entry.rstrip("/"))]
    gone = "missing" in request.lower()
    if found:
        return f"{'No, it is there' if gone else 'Yes'}: {', '.join(found[:4])}."
    pattern = str(one.call.arguments.get("pattern") or "").rpartition("/")[2]
    if (
        not one.whole
        or one.call.arguments.get("path") not in (None, "", ".")
        or (pattern and not same_file(name, pattern))
    ):
        return None
    return f"{'Yes' if gone else 'No'}, there is no {name}."


def file_name(said: str) -> str:
    """``said`` where it can be the name of a file, or empty."""
    name = said.rstrip("?.,")
    known = paths_in(name) or name[:1].isupper() or re.fullmatch(_KNOWN, name, re.IGNORECASE)
    return name if known else ""


_KNOWN = r"readme|licen[cs]e|changelog|makefile|dockerfile|gitignore|\.\w+"


def _contains(request: str, results: Sequence[Result]) -> str | None:
    """Whether a file that was read, or the files that were searched, contain a word."""
    asked = CONTAINS.search(request)
    last = results[-1]
    if asked is None:
        return None
    word = (asked["word"] or asked["other"]).rstrip(".")
    if last.call.tool == "search_files" and not last.result.truncated and "matches" in last.counts:
        searched = re.sub(r"\\b", "", str(last.call.arguments.get("pattern", ""))).lower()
        if searched != word.lower():
            return None
        if not last.counts["matches"]:
            return f"No, nothing matches {word}."
        return f"Yes: {counted(last.counts['matches'], 'match')} in {counted(last.counts['files'], 'file')}."
    if not last.lines or not last.is_about(request) or not paths_in(request) or paths_in(word):
        return None
    if asked["verb"] and asked["verb"].lower() not in ("contain", "mention", "include"):
        return None
    hits = [
        at for at, line in enumerate(last.lines) if re.search(rf"\b{re.escape(word)}\b", line, re.IGNORECASE)
    ]
    if not hits:
        return f"No, {last.subject} does not contain {word}."
    return f"Yes: {last.subject}:{hits[0] + 1}: {last.lines[hits[0]].strip()}"
