"""Questions that the host answers by counting and comparing, from the results of a turn's calls.

Invariant: an answer is read off a result that holds the whole of what is asked for; where a result was cut,
is of something else, or the question has another sense, there is none. Pure. English only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.agent.facts.counts import counts_of
from assistant.agent.facts.record import subject
from assistant.agent.facts.summary import counted
from assistant.agent.facts.words import paths_in, same_file
from tools.calls import ToolCall, ToolResult

_HOW_MANY = re.compile(
    r"\bhow many\s+(?P<what>[\w ]+?)(?:\?|$|\s+(?:are|is|do|does|did|has|have|in|pass\w*|fail\w*)\b)", re.I
)
_LINE = re.compile(r"\b(?P<which>first|last)\s+line\b|\bline\s+(?P<number>\d+)\b", re.IGNORECASE)
_IS_THERE = re.compile(
    r"\b(?:is|are)\s+there\s+(?:an?\s+|any\s+)?(?P<name>[\w./-]+)|\bdo(?:es)?\s+.*\bhave\s+an?\s+(?P<other>[\w./-]+)",
    re.I,
)
_LARGER = re.compile(
    r"\b(?:which|what)\b.*\b(?P<way>larger|bigger|longer|largest|biggest|longest|smaller|shorter|smallest|shortest)\b",
    re.I,
)
_HITS = ("matches", "times", "occurrences")
_SMALL = ("smaller", "shorter", "smallest", "shortest")
_HEAD = re.compile(r"\[[^\n]*\]\n")
_OUTCOMES = {"pass": "passed", "fail": "failed", "skip": "skipped", "error": "errors"}


@dataclass(frozen=True)
class Result:
    """A call of the turn and what came of it."""

    call: ToolCall
    result: ToolResult

    @property
    def counts(self) -> dict[str, int]:
        """What there is to count in the result."""
        return counts_of(self.call, self.result).numbers

    @property
    def lines(self) -> list[str]:
        """The lines of a file that was read whole; none where they are not all there."""
        counts = self.counts
        if self.call.tool != "read_file" or self.result.truncated or "shown" in counts:
            return []
        return _HEAD.sub("", self.result.text, count=1).splitlines()[: counts.get("lines", 0)]


def answer_from_results(request: str, results: Sequence[Result]) -> str | None:
    """The answer to ``request`` where counting or comparing ``results`` gives one, as a plain sentence."""
    good = [one for one in results if one.result.success or one.counts]
    if not good or request.count("?") > 1 or len(request) > 300:
        return None
    for answer in (_how_many, _line, _larger, _is_there):
        if said := answer(request, good):
            return said
    return None


def _how_many(request: str, results: Sequence[Result]) -> str | None:
    asked = _HOW_MANY.search(request)
    if asked is None:
        return None
    what = asked["what"].lower().strip()
    last = results[-1]
    counts, shown = last.counts, subject(last.call)
    if re.search(r"\btests?\b", what) and "failed" in counts:
        return _tests(request, last)
    if last.result.truncated:
        return None
    if what.endswith(("lines", "line")) and "lines" in counts and _is_about(request, last):
        return f"{shown} has {counted(counts['lines'], 'line')}."
    if what.endswith(("files", "file")) and "entries" in counts and "[" not in last.result.text:
        pattern = last.call.arguments.get("pattern")
        return f"{counted(counts['files'], 'file')}{f' match {pattern}' if pattern else ''}."
    searched = str(last.call.arguments.get("pattern", "")).lower()
    word = searched.strip("\\b:()").rstrip("s")
    if last.call.tool == "search_files" and word and (word in what or what in _HITS):
        return f"{counted(counts['matches'], 'match')} in {counted(counts['files'], 'file')}."
    return None


def _tests(request: str, last: Result) -> str | None:
    """How many tests there are, or passed or failed."""
    found = counts_of(last.call, last.result)
    said = next((name for word, name in _OUTCOMES.items() if re.search(rf"\b{word}", request, re.I)), "")
    if said in found.numbers:
        return f"{counted(found.numbers[said], 'test')} {said} ({found.runner})."
    if said or "passed" not in found.numbers:
        return None
    total = sum(found.numbers.get(name, 0) for name in ("passed", "failed", "errors", "skipped"))
    return f"{counted(total, 'test')} ({found.runner})."


def _line(request: str, results: Sequence[Result]) -> str | None:
    asked = _LINE.search(request)
    last = results[-1]
    if asked is None or not last.lines or not _is_about(request, last):
        return None
    if re.search(
        r"\b(?:write|add|append|delete|remove|change|replace|edit|insert|mean|explain|why)\b", request, re.I
    ):
        return None
    number = {"first": 1, "last": len(last.lines)}.get((asked["which"] or "").lower()) or int(
        asked["number"] or 0
    )
    if not 0 < number <= len(last.lines):
        return f"{subject(last.call)} has only {counted(len(last.lines), 'line')}."
    return f"{subject(last.call)}:{number}: {last.lines[number - 1].strip()}"


def _larger(request: str, results: Sequence[Result]) -> str | None:
    """Which of the files that were read has more lines; what is meant by larger is said with it."""
    asked = _LARGER.search(request)
    sizes = {subject(one.call): one.counts["lines"] for one in results if "lines" in one.counts}
    if asked is None or len(sizes) < 2 or re.search(r"\b(?:function|class|number|value)\b", request, re.I):
        return None
    said = paths_in(request)
    if said and not all(any(same_file(path, name) for name in sizes) for path in said):
        return None
    pick = min if asked["way"].lower() in _SMALL else max
    chosen = pick(sizes, key=lambda name: sizes[name])
    if list(sizes.values()).count(sizes[chosen]) > 1:
        return f"They have the same number of lines: {sizes[chosen]:,}."
    rest = ", ".join(f"{name} {number:,}" for name, number in sizes.items() if name != chosen)
    return f"{chosen}: {counted(sizes[chosen], 'line')} ({rest})."


def _is_there(request: str, results: Sequence[Result]) -> str | None:
    """Whether a listing of the whole workspace has a file of that name."""
    asked = _IS_THERE.search(request)
    listed = [one for one in results if one.call.tool == "list_files" and not one.result.truncated]
    if asked is None or not listed or len(results) > 1:
        return None
    name = (asked["name"] or asked["other"]).rstrip("?.")
    if not (paths_in(name) or name[:1].isupper()):
        return None
    entries = [line for line in listed[0].result.text.splitlines() if not line.startswith("[")]
    found = [entry for entry in entries if same_file(name, entry.rstrip("/"))]
    if found:
        return f"Yes: {', '.join(found[:4])}."
    whole = not listed[0].call.arguments.get("path") and "[" not in listed[0].result.text
    return f"No, there is no {name}." if whole else None


def _is_about(request: str, one: Result) -> bool:
    """Whether ``request`` names the file of a result, or no file at all."""
    said = paths_in(request)
    return not said or (len(said) == 1 and same_file(said[0], subject(one.call)))
