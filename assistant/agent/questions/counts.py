"""The calls from whose results the host counts or compares, where a request asks for nothing else.

Invariant: only calls that read, and only where the request says itself what to read. Pure.
"""

import re

from assistant.agent.facts import answers, quantities
from assistant.agent.facts.results import Result
from assistant.agent.facts.words import paths_in
from assistant.agent.questions.answers import Asking
from tools.calls import ToolCall

_IN_A_FILE = ("lines", "words", "characters", "functions", "methods", "classes")
_MARKS = re.compile(
    r"(?P<mark>TODO|FIXME|XXX|HACK)(?:'?s)?\b(?:\s+comments?)?[^\w]*(?P<rest>.*)", re.IGNORECASE
)
_PLACE = re.compile(
    r"(?:are|there|left|do|does|we|i|have|has|exist|in|the|this|project|repo|code|here|it|you|find|\s|\W)*",
    re.I,
)
_WISH = re.compile(
    r"\b(?:write|add|append|create|delete|remove|change|replace|edit|fix|make|then|and then|why|should)\b",
    re.I,
)


def counting(request: str) -> Asking | None:
    """The calls and the answer of a request that asks to count or compare; None where it asks something else.

    The answer is empty where the results do not hold it.
    """
    calls = (
        _calls(request.strip())
        if len(request) <= answers.LONGEST_REQUEST and "\n" not in request.strip()
        else ()
    )
    return _counted(request, calls) if calls and not _WISH.search(request) else None


def _counted(request: str, calls: tuple[ToolCall, ...]) -> Asking:
    results = yield calls
    said = answers.answer_from_results(
        request, [Result(*pair) for pair in zip(calls, results or (), strict=True)]
    )
    name = _wanted_file(request)
    if said is None and name and calls[0].tool == "list_files":
        calls = (_call("list_files", pattern=f"**/{name}"),)
        results = yield calls
        said = answers.answer_from_results(
            request, [Result(*pair) for pair in zip(calls, results or (), strict=True)]
        )
    return said or ""


def _calls(request: str) -> tuple[ToolCall, ...]:
    paths = list(dict.fromkeys(paths_in(request)))
    if len(paths) == 2 and answers.LARGER.search(request):
        return tuple(_call("read_file", path=path) for path in paths)
    many = quantities.HOW_MANY.search(request)
    noun = quantities.noun_in(many["what"]) if many else None
    if len(paths) == 1 and _asks_of_a_file(request, noun[0] if noun else ""):
        return (_call("read_file", path=paths[0]),)
    if _wanted_file(request):
        return (_call("list_files"),)
    if many is None or paths:
        return ()
    if noun and noun[0] in ("files", "folders") and _PLACE.fullmatch(noun[2]):
        end = quantities.KINDS_OF_FILES.get(noun[1])
        if end and noun[0] == "files":
            return (_call("list_files", pattern=f"*{end}"),)
        return () if noun[1] else (_call("list_files"),)
    mark = _MARKS.match(re.sub(r"^(?:times does|the|of the|\s)+", "", many["what"]))
    if mark and _PLACE.fullmatch(mark["rest"].replace("occur", "")):
        return (_call("search_files", pattern=mark["mark"].upper()),)
    return ()


def _asks_of_a_file(request: str, noun: str) -> bool:
    line = [] if answers.NO_LOOK.search(request) else [answers.LINE]
    asked = (*line, answers.EMPTY, answers.EXTREME, quantities.LONG)
    contains = answers.CONTAINS.search(request)
    return noun in _IN_A_FILE or any(one.search(request) for one in asked) or bool(
        contains and contains["verb"] and contains["verb"].lower() in ("contain", "mention", "include")
    )  # fmt: skip


def _wanted_file(request: str) -> str:
    """The file whose being there is asked for; empty where none is."""
    asked = answers.IS_THERE.search(request)
    return answers.file_name(next(filter(None, asked.groups()))) if asked and len(request) < 80 else ""


def _call(tool: str, **arguments: object) -> ToolCall:
    return ToolCall("", tool, dict(arguments))
