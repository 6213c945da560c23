"""The calls from whose results the host counts or compares, where a request asks for nothing else.

Invariant: only calls that read, and only where the request says itself what to read. Tests are counted from
their files, which is no call.
"""

import re

from assistant.agent.facts import answers, quantities
from assistant.agent.facts.results import Result
from assistant.agent.facts.summary import counted
from assistant.agent.facts.words import paths_in, same_file
from assistant.agent.questions.answers import Asking
from assistant.agent.quoting import code
from tools.base import ToolContext
from tools.builtin.definitions import KINDS, definitions_by_file, tests_by_file
from tools.builtin.naming_tests import is_path
from tools.calls import ToolCall

_MOST_NAMED = 8
_IN_A_FILE = ("lines", "words", "characters", "functions", "methods", "classes")
_MARKS = re.compile(
    r"(?P<mark>TODO|FIXME|XXX|HACK)(?:'?s)?\b(?:\s+comments?)?[^\w]*(?P<rest>.*)", re.IGNORECASE
)
_PLACE = re.compile(
    r"(?:are|there|gibt|es|hay|left|do|does|we|i|have|has|exist|in|the|this|project|repo|code|here|it|you|find|\s|\W)*",
    re.I,
)
_WISH = re.compile(
    r"\b(?:write|add|append|create|delete|remove|change|replace|edit|fix|make|then|and then|why|should)\b",
    re.I,
)


def counting(request: str, context: ToolContext) -> Asking | None:
    """The calls and the answer of a request that asks to count or compare; None where it asks something else.

    The answer is empty where the results do not hold it. May read the files of tests.
    """
    text = request.strip()
    if len(text) > answers.LONGEST_REQUEST or "\n" in text or _WISH.search(text):
        return None
    if (asked := _asks_for_tests(text)) is not None:
        return _tests(context, asked)
    if nouns := _asks_for_definitions(text):
        return _definitions(context, nouns)
    calls = _calls(text)
    if len(calls) == 1 and calls[0].tool == "read_file":
        return _of_file(context, request, str(calls[0].arguments["path"]))
    return _counted(request, calls) if calls else None


def _of_file(context: ToolContext, request: str, path: str) -> Asking:
    """What is counted in one file, which may be named without its folder."""
    if "/" not in path and not is_path(context, path):
        (listed,) = yield (_call("list_files", pattern=f"**/{path}"),)
        found = [line for line in listed.text.splitlines() if line.endswith(f"/{path}")]
        if len(found) > 1:
            return f"There are {len(found)} files of that name: {', '.join(map(code, found[:_MOST_NAMED]))}."
        path = found[0] if found else path
    return (yield from _counted(request, (_call("read_file", path=path),)))


def _asks_for_tests(request: str) -> str | None:
    """Find the file whose tests the user wants counted: empty for all, None for any other question."""
    many = quantities.HOW_MANY.search(request)
    noun = quantities.noun_in(many["what"]) if many else None
    if noun is None or noun[0] != "tests" or noun[1] not in ("", "unit", "test"):
        return None
    paths = list(dict.fromkeys(paths_in(request)))
    rest = noun[2].replace(paths[0], "") if paths else noun[2]
    return (paths[0] if paths else "") if len(paths) < 2 and _PLACE.fullmatch(rest) else None


def _tests(context: ToolContext, path: str) -> Asking:
    """How many tests are defined, by the outlines of their files; nothing is run."""
    yield from ()
    found = tests_by_file(context)
    numbers = {name: number for name, number in found.files.items() if not path or same_file(path, name)}
    if path and not numbers:
        return ""
    if not numbers:
        return "I found no file of tests here."
    least = found.cut and not path
    return (
        f"{_by_file(numbers, 'test', least)}\n\nCounted by their definitions, without running them; a run "
        "may count each set of parameters."
    )


def _asks_for_definitions(request: str) -> str:
    """Of what kind the definitions of the whole project are to be counted; empty where of none."""
    many = quantities.HOW_MANY.search(request)
    noun = quantities.noun_in(many["what"]) if many and not paths_in(request) else None
    wanted = noun is not None and noun[0] in KINDS and not noun[1] and _PLACE.fullmatch(noun[2])
    return noun[0] if noun and wanted else ""


def _definitions(context: ToolContext, nouns: str) -> Asking:
    """How many functions, methods or classes there are, by the outlines of source files."""
    yield from ()
    found = definitions_by_file(context, KINDS[nouns])
    if not found.files:
        return f"I found no {nouns} in source files that I can outline."
    return _by_file(found.files, {"classes": "class"}.get(nouns, nouns.rstrip("s")), found.cut)


def _by_file(numbers: dict[str, int], noun: str, least: bool) -> str:
    total = sum(numbers.values())
    most = sorted(numbers.items(), key=lambda one: -one[1])[:_MOST_NAMED]
    named = ", ".join(f"{code(name)} {number:,}" for name, number in most)
    more = f" and {len(numbers) - _MOST_NAMED:,} more files" if len(numbers) > _MOST_NAMED else ""
    return (
        f"{'At least ' if least else ''}{counted(total, noun)} {'is' if total == 1 else 'are'} defined in "
        f"{counted(len(numbers), 'file')}: {named}{more}."
    )


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
