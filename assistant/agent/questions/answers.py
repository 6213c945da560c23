"""Answers to first questions, from what ordinary calls return.

Invariant: an answer quotes lines of results with their places, counts them, or says what is not there; none
of it comes from a model. Each question is a generator: it yields the calls that it needs, is sent their
results, and returns the answer.
"""

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import PurePosixPath

from assistant.agent.facts.record import Facts
from assistant.agent.facts.runs import of_kind, programs
from assistant.agent.facts.summary import NOTHING_CHANGED, counted, ran_sentence, summarise
from assistant.agent.observations import READ_HEAD
from assistant.agent.questions import manifests
from assistant.agent.questions.changes import changes_told
from assistant.agent.questions.manifests import Told
from assistant.agent.questions.recognise import Question
from assistant.agent.quoting import code, quoted, shown_lines
from tools.base import ToolContext
from tools.builtin.code import suite, suite_command
from tools.builtin.outline import DEFINING, Entry, definition_pattern, outline
from tools.calls import ToolCall, ToolError, ToolResult

Asking = Generator[tuple[ToolCall, ...], Sequence[ToolResult], str]
USED_TOOLS = ("list_files", "read_file", "search_files", "git_diff")
"""Tools that questions make calls of."""
MOST_ENTRIES = 24
MOST_PLACES = 5
MOST_TURNS = 10
_SOURCES = (".py", ".js", ".ts", ".tsx", ".go", ".rs", ".c", ".java", ".rb", ".sh")
_ENTRY = ("__main__", "main", "app", "index", "cli", "server", "lib", "mod", "__init__")
_LANGUAGES = {
    ".py": "Python",
    ".js": "JavaScript",
    ".jsx": "JavaScript",
    ".mjs": "JavaScript",
    ".ts": "TypeScript",
    ".tsx": "TypeScript",
    ".go": "Go",
    ".rs": "Rust",
    ".c": "C",
    ".h": "C",
    ".cpp": "C++",
    ".java": "Java",
    ".kt": "Kotlin",
    ".rb": "Ruby",
    ".php": "PHP",
    ".sh": "shell",
    ".cs": "C#",
    ".swift": "Swift",
}


def advance(asking: Asking, results: Sequence[ToolResult] | None) -> tuple[ToolCall, ...] | str:
    """The next calls of a question once ``results`` are there (None at first), or its answer."""
    try:
        return next(asking) if results is None else asking.send(results)
    except StopIteration as end:
        return str(end.value)


def asking(question: Question, context: ToolContext, earlier: Sequence[Facts]) -> Asking:
    """The calls and the answer of ``question`` in the workspace of ``context``.

    ``earlier`` are the facts of the session's turns.
    """
    simple: dict[str, Callable[[], Asking]] = {"about": _about, "build": _build, "changed": _changed}
    if question.kind in simple:
        return simple[question.kind]()
    if question.kind == "session":
        return _session(earlier)
    if question.kind == "passed":
        return _passed(earlier)
    if question.kind == "tests":
        return _tests(context)
    if question.kind == "explain":
        return _explain(question.subject)
    return _where(question.subject, whole=question.kind == "define")


def _about() -> Asking:
    (listed,) = yield (_call("list_files"),)
    names = _names(listed)
    readme = manifests.readme_of(names)
    wanted = [*([readme] if readme else []), *manifests.about_files(names)[:2]]
    results = (yield tuple(_read(name) for name in wanted)) if wanted else []
    said: list[str] = []
    for name, result in zip(wanted, results, strict=True):
        told = (
            manifests.introduction
            if name == readme
            else lambda lines, name=name: manifests.about_lines(name, lines)
        )
        said += _told(name, result, told)
    if len(said) < 3 and (sources := _sources(names)):
        for name, result in zip(sources, (yield tuple(map(_read, sources))), strict=True):
            said += _in_short(name, result)
    if not readme:
        said.insert(0, "There is no README.")
    return "\n\n".join([_listed(said), _tree(listed, names)])


def _build() -> Asking:
    (listed,) = yield (_call("list_files"),)
    names = _names(listed)
    readme = manifests.readme_of(names)
    wanted = [*([readme] if readme else []), *manifests.build_files(names)[:6]]
    results = (yield tuple(_read(name) for name in wanted)) if wanted else []
    said: list[str] = []
    for name, result in zip(wanted, results, strict=True):
        told = (
            manifests.instructions
            if name == readme
            else lambda lines, name=name: manifests.build_lines(name, lines)
        )
        lines = _told(name, result, told)
        said += lines or ([] if name == readme else [f"{code(name)} is there."])
    if said:
        return _listed(said)
    looked = "README.md says nothing of it" if readme else "there is no README"
    return (
        f"Nothing here says how it is built: {looked}, and there is no manifest that I "
        f"know.\n\n{_tree(listed, names)}"
    )


def _tests(context: ToolContext) -> Asking:
    try:
        found = suite(context)
        command = suite_command(context, found)
    except ToolError as error:
        said = str(error).removesuffix("; run_shell can start others")
        return f"{said[0].upper()}{said[1:]}."
    if found.found_in.endswith("/"):
        return (
            f"{code(command)}\n\nThere is a folder {code(found.found_in)} and no settings of a test program."
        )
    (result,) = yield (_read(found.found_in),)
    why = code(found.found_in)
    lines = _lines(result)
    if found.found_in == "package.json":
        why = next((quoted(one.place("package.json"), one.text) for one in _test_script(lines)), why)
        return f"{code(command)}\n\nBecause of {why}"
    for number, line in enumerate(lines, start=1):
        if found.sign and re.search(found.sign, line):
            why = quoted(f"{found.found_in}:{number}", line)
            break
    return f"{code(command)}\n\nBecause of {why}"


def _test_script(lines: Sequence[str]) -> Iterator[Told]:
    """The script of package.json that runs the tests, as it stands there."""
    for number, line in enumerate(lines, start=1):
        if match := re.search(r'"test"\s*:\s*"(?:[^"\\]|\\.)*"', line):
            yield Told(number, number, match[0])


def _changed() -> Asking:
    (result,) = yield (_call("git_diff"),)
    return changes_told(result)


def _session(earlier: Sequence[Facts]) -> Asking:
    """What was done in the session, from the record alone."""
    yield from ()
    if not any(earlier):
        return "Nothing yet: nothing was run, read or changed in this session."
    changed = any(one.changed for one in earlier)
    did = [one for one in earlier if one.changed or one.undone] or [
        one for one in earlier if one.refused or one.failed or programs(one.ran)
    ]
    said = [summarise(one) for one in did[-MOST_TURNS:]] or ["Files were read or searched."]
    return "\n\n".join(
        [_listed(said), *([] if changed or said[-1].endswith(NOTHING_CHANGED) else [NOTHING_CHANGED])]
    )


def thanked() -> Asking:
    """The answer to thanks and praise, for which nothing is to be called."""
    yield from ()
    return "You are welcome."


def _passed(earlier: Sequence[Facts]) -> Asking:
    """How the last run of the tests ended; empty where there was none in this session."""
    yield from ()
    runs = [found[-1] for one in earlier if (found := of_kind(programs(one.ran), "tests"))]
    return f"In the last run: {ran_sentence(runs[-1])}" if runs else ""


def _explain(path: str) -> Asking:
    (result,) = yield (_read(path),)
    if not result.success:
        name = PurePosixPath(path).name
        (listed,) = yield (_call("list_files", pattern=f"**/{name}"),)
        found = [one for one in _names(listed) if PurePosixPath(one).name.lower() == name.lower()]
        if len(found) != 1 or found[0] == path:
            others = f" There are {', '.join(map(code, found[:MOST_PLACES]))}." if len(found) > 1 else ""
            return f"I could not read {code(path)}: {result.text.strip()}.{others}"
        path = found[0]
        (result,) = yield (_read(path),)
        if not result.success:
            return f"I could not read {code(path)}: {result.text.strip()}."
    if result.text.startswith(f"{path} is empty"):
        return f"{code(path)} is empty."
    lines = _lines(result)
    seen = outline(path, "\n".join(lines))
    head = READ_HEAD.match(result.text)
    size = (
        head[0].strip("[]\n").partition(";")[0]
        if head and "lines" in head[0]
        else counted(len(lines), "line")
    )
    said = [f"{code(path)}, {size}."]
    if seen.doc:
        said.append(quoted(f"{path}:{seen.doc_line}", seen.doc))
    if seen.entries:
        said.append("\n".join(_outlined(path, one) for one in seen.entries[:MOST_ENTRIES]))
        if len(seen.entries) > MOST_ENTRIES:
            said.append(f"{len(seen.entries) - MOST_ENTRIES:,} more definitions follow.")
    elif first := [Told(at, at, line.strip()) for at, line in enumerate(lines, start=1) if line.strip()][:6]:
        said.append(_listed([quoted(one.place(path), one.text) for one in first if one.text != seen.doc]))
    return "\n\n".join(one for one in said if one)


def _where(name: str, *, whole: bool) -> Asking:
    """Where a name is defined, by the outlines of files that have it; with ``whole`` the definition."""
    if (re.search(r"[./]", name) and not re.fullmatch(r"\w+(?:\.\w+)*", name)) or _is_file(name):
        return (yield from _where_file(name))
    last = name.rpartition(".")[2]
    (search,) = yield (_call("search_files", pattern=rf"\b{re.escape(last)}\b"),)
    if search.truncated:
        (search,) = yield (_call("search_files", pattern=rf"\b{DEFINING}\s+{re.escape(last)}\b"),)
    everywhere = _hits(search)
    if not search.success or not everywhere:
        failed = "" if search.success else f"I could not search: {search.text.strip()}."
        return failed or f"{code(name)} stands nowhere in this workspace."
    defines = re.compile(definition_pattern(last))
    if hits := [hit for hit in everywhere if defines.search(hit[2])]:
        files = list(dict.fromkeys(path for path, _, _ in hits))[:MOST_PLACES]
        results = yield tuple(map(_read, files))
        texts = {path: _lines(result) for path, result in zip(files, results, strict=True) if result.success}
        defined = [
            (path, one)
            for path, lines in texts.items()
            for one in outline(path, "\n".join(lines)).entries
            if one.name == last
        ]
        if whole and len(defined) == 1:
            ((path, one),) = defined
            body = texts[path][one.line - 1 : max(one.last, one.line)]
            return f"{_defined(path, one)}\n\n{shown_lines(body)}"
        if defined:
            return _places([_defined(path, one) for path, one in defined])
        return _places([quoted(f"{path}:{line}", text) for path, line, text in hits])
    places = _places([quoted(f"{path}:{line}", text) for path, line, text in everywhere])
    return f"I found no definition of {code(name)}. The name stands here:\n\n{places}"


def _where_file(path: str) -> Asking:
    name = PurePosixPath(path).name
    (listed,) = yield (_call("list_files", pattern=f"**/{name}"),)
    found = _names(listed)
    return (
        _listed([code(one) for one in found[:MOST_PLACES]])
        if found
        else f"There is no file {code(name)} here."
    )


def _is_file(name: str) -> bool:
    """Whether ``name`` is written like a file's."""
    from assistant.agent.facts.words import paths_in

    return paths_in(name) == [name]


def _call(tool: str, **arguments: object) -> ToolCall:
    return ToolCall("", tool, dict(arguments))


def _read(path: str) -> ToolCall:
    return _call("read_file", path=path)


def _names(listed: ToolResult) -> list[str]:
    """The files and folders of a listing."""
    lines = listed.text.splitlines() if listed.success else []
    names = [line for line in lines if line and not line.startswith("[")]
    return [] if len(names) == 1 and re.search(r" is empty$|^no file in .* matches ", names[0]) else names


def _lines(result: ToolResult) -> list[str]:
    """The lines of a file that was read from its first line on."""
    return READ_HEAD.sub("", result.text, count=1).splitlines() if result.success else []


def _told(path: str, result: ToolResult, told: Callable[[Sequence[str]], list[Told]]) -> list[str]:
    if not result.success:
        return [f"{code(path)} could not be read: {result.text.strip()}"]
    return [quoted(one.place(path), one.text) for one in told(_lines(result))]


def _in_short(path: str, result: ToolResult) -> list[str]:
    """What a source file says of itself and defines at its top, on two lines at most."""
    seen = outline(path, "\n".join(_lines(result)))
    said = [quoted(f"{path}:{seen.doc_line}", seen.doc)] if seen.doc else []
    names = [
        f"{code(one.name)} ({one.line})" for one in seen.entries if not one.depth and one.kind != "constant"
    ]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return [*said, f"{code(path)} defines {', '.join(names[:8])}{more}."] if names else said


def _sources(names: Sequence[str]) -> list[str]:
    """The few source files that best say what a project does: entry points, then the uppermost."""

    def rank(name: str) -> tuple[bool, int, str]:
        path = PurePosixPath(name)
        return path.stem.lower() not in _ENTRY, len(path.parts), name

    code_files = [name for name in names if name.endswith(_SOURCES) and "test" not in name.lower()]
    return sorted(code_files, key=rank)[:3]


def _tree(listed: ToolResult, names: Sequence[str]) -> str:
    """How many files there are, in which languages, and what lies at the top."""
    if not names:
        return (
            "There are no files here."
            if listed.success
            else f"I could not list the files: {listed.text.strip()}."
        )
    tops = Counter(name.partition("/")[0] + ("/" if "/" in name else "") for name in names)
    top = ", ".join(code(name) for name in list(tops)[:12]) + (
        f" and {len(tops) - 12} more" if len(tops) > 12 else ""
    )
    if listed.truncated or "only the first level is shown" in listed.text:
        return f"At the top: {top}."
    languages = Counter(filter(None, (_LANGUAGES.get(PurePosixPath(name).suffix.lower()) for name in names)))
    mostly = ", ".join(f"{number} {language}" for language, number in languages.most_common(3))
    return f"{counted(len(names), 'file')}{f' ({mostly})' if mostly else ''}. At the top: {top}."


def _outlined(path: str, one: Entry) -> str:
    doc = f": {one.doc}" if one.doc else ""
    return f"{'  ' * one.depth}- {code(f'{path}:{one.line}')} {code(one.text)}{doc}"


def _defined(path: str, one: Entry) -> str:
    return quoted(f"{path}:{one.line}", one.text) + (f" {one.doc}" if one.doc else "")


def _hits(search: ToolResult) -> list[tuple[str, int, str]]:
    """The matches of a search: path, line, text."""
    found = (re.match(r"(.+?):(\d+): ?(.*)", line) for line in search.text.splitlines() if search.success)
    return [(one[1], int(one[2]), one[3]) for one in found if one]


def _places(places: Sequence[str]) -> str:
    more = [f"{len(places) - MOST_PLACES:,} more places follow."] if len(places) > MOST_PLACES else []
    return "\n\n".join([_listed(places[:MOST_PLACES]), *more])


def _listed(said: Sequence[str]) -> str:
    return said[0] if len(said) == 1 else "\n".join(f"- {one}" for one in said)
