"""What the files at the root of a project say of it: which are read, and which of their lines tell something.

Invariant: only lines that stand in a file are told, each with its number. Pure.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

MOST_LINES = 6
_FEW_LINES = 3
_LONG = re.compile(r"^.{300}")
_README = re.compile(r"readme(?:\.(?:md|rst|txt|markdown|adoc))?", re.IGNORECASE)
_NO_PROSE = re.compile(
    r"\s*(?:$|(?:TODO|FIXME)\b|[<|#!=*~^+>-]{1,}\s*$|!?\[|\[!\[|<|#|={3}|-{3}|\.\. |```|~~~|:\w+:)"
)
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_HOW_TO = re.compile(
    (
        r"\b(?:install\w*|build\w*|set ?up|getting started|quick ?start|usage|run\w*|"
        r"develop\w*|compil\w*|start\w*)\b"
    ),
    re.I,
)
_COMMAND = re.compile(r"\s*(?:[$>] )?[a-z.][\w./-]*(?: .*)?$")
_TARGET = r"[A-Za-z][\w.-]*\s*:(?!=)"
_STEPS = r"name:|\s*-?\s*(?:run|script):"
_BUILD = {
    "pyproject.toml": r"(?:requires-python|build-backend|dependencies)\s*=|[\w.-]+\s*=\s*\"[\w.]+:[\w.]+\"",
    "setup.py": r"\s*(?:install_requires|entry_points|python_requires)\s*=",
    "setup.cfg": r"(?:python_requires|install_requires|console_scripts)\s*=",
    "requirements.txt": r"[A-Za-z]",
    "package.json": r'\s*"(?:build|start|dev|serve|prepare|compile|main|bin|dependencies)"\s*:',
    "Cargo.toml": r"(?:edition|rust-version)\s*=|\[\[bin\]\]|\[dependencies\]",
    "go.mod": r"(?:module|go)\s",
    "CMakeLists.txt": r"\s*(?:project|add_executable|add_library)\s*\(",
    "pom.xml": r"\s*<(?:packaging|maven\.compiler\.\w+)>",
    "build.gradle": r"\s*(?:id|mainClass)\b",
    "build.gradle.kts": r"\s*(?:id|mainClass)\b",
    "Makefile": _TARGET,
    "justfile": _TARGET,
    "Dockerfile": r"(?:FROM|RUN|CMD|ENTRYPOINT)\b",
    "docker-compose.yml": r"  [\w-]+:|\s+image:",
    "compose.yaml": r"  [\w-]+:|\s+image:",
    ".gitlab-ci.yml": _STEPS,
}
_CI = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_ABOUT = {
    "pyproject.toml": r"(?:name|description)\s*=",
    "setup.cfg": r"(?:name|description)\s*=",
    "setup.py": r"\s*(?:name|description)\s*=",
    "package.json": r'\s*"(?:name|description)"\s*:',
    "Cargo.toml": r"(?:name|description)\s*=",
    "go.mod": r"module\s",
    "pom.xml": r"  <(?:name|description|artifactId)>",
}


@dataclass(frozen=True)
class Told:
    """Lines of a file, the first and the last of them from 1, and what they say on one line."""

    first: int
    last: int
    text: str

    def place(self, path: str) -> str:
        """``path:first`` or ``path:first-last``."""
        return f"{path}:{self.first}" if self.first == self.last else f"{path}:{self.first}-{self.last}"


def readme_of(names: Sequence[str]) -> str:
    """The README at the root; empty where there is none."""
    return next((name for name in sorted(names) if _README.fullmatch(name)), "")


def about_files(names: Sequence[str]) -> list[str]:
    """The manifests that say what a project is."""
    return [name for name in _ABOUT if name in names]


def build_files(names: Sequence[str]) -> list[str]:
    """The manifests and descriptions of jobs that say how a project is built and started."""
    return [name for name in _BUILD if name in names] + sorted(name for name in names if _CI.fullmatch(name))


def about_lines(path: str, lines: Sequence[str]) -> list[Told]:
    """What a manifest says of the project."""
    if path == "package.json" and _is_dense(lines):
        return json_parts(lines, ("name", "description"))
    return _matching(lines, _ABOUT[path])[:3]


def build_lines(path: str, lines: Sequence[str]) -> list[Told]:
    """What a file of ``build_files`` says of building and starting."""
    if path == "package.json" and _is_dense(lines):
        return json_parts(lines, ("scripts", "main", "bin", "dependencies"))[:MOST_LINES]
    return _matching(lines, _BUILD.get(path, _STEPS))[:MOST_LINES]


def introduction(lines: Sequence[str]) -> list[Told]:
    """The title of a README and its first paragraph of prose."""
    found: list[Told] = []
    if title := next(
        (at for at, line in enumerate(lines[:40]) if line.strip() and not line.startswith(("<", "[", "!"))),
        None,
    ):
        found.append(Told(title + 1, title + 1, lines[title].strip()))
    elif lines and lines[0].strip() and not lines[0].startswith(("<", "[", "!")):
        found.append(Told(1, 1, lines[0].strip()))
    start = found[0].last if found else 0
    fenced = False
    for at in range(start, len(lines)):
        fenced ^= lines[at].lstrip().startswith(("```", "~~~"))
        if fenced or _NO_PROSE.match(lines[at]):
            continue
        end = at
        while end + 1 < len(lines) and end - at < 7 and not _NO_PROSE.match(lines[end + 1]):
            end += 1
        return [*found, Told(at + 1, end + 1, " ".join(line.strip() for line in lines[at : end + 1]))]
    return found


def instructions(lines: Sequence[str]) -> list[Told]:
    """The commands of a README below headings such as Install or Usage."""
    found: list[Told] = []
    wanted = fenced = False
    for at, line in enumerate(lines):
        fence = line.lstrip().startswith(("```", "~~~"))
        fenced ^= fence
        if not fenced and not fence and (heading := _HEADING.match(line)):
            wanted = bool(_HOW_TO.search(heading[1]))
        elif (
            wanted
            and not fence
            and line.strip()
            and (fenced or line.startswith("    "))
            and _COMMAND.match(line)
        ):
            found.append(Told(at + 1, at + 1, line.strip()))
    return found[:MOST_LINES]


def json_parts(lines: Sequence[str], keys: Sequence[str]) -> list[Told]:
    """The members of a JSON object with those keys, as they stand in their line; nothing where it is none."""
    try:
        data = json.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return []
    found: dict[str, Told] = {}
    decoder = json.JSONDecoder()
    for number, line in enumerate(lines, start=1):
        for match in re.finditer(r'"(\w+)"\s*:\s*', line):
            key = match[1]
            if key not in keys or key in found or not isinstance(data, dict) or key not in data:
                continue
            with suppress(ValueError, RecursionError):
                value, end = decoder.raw_decode(line, match.end())
                if value == data[key]:
                    found[key] = Told(number, number, line[match.start() : end])
    return [found[key] for key in keys if key in found]


def _is_dense(lines: Sequence[str]) -> bool:
    """Whether a file of JSON has not a line for each member."""
    return sum(bool(line.strip()) for line in lines) <= _FEW_LINES or any(map(_LONG.search, lines))


def _matching(lines: Sequence[str], pattern: str) -> list[Told]:
    """The lines that begin as ``pattern`` says; a list that is opened there, up to its end."""
    return [_whole(lines, at) for at, line in enumerate(lines) if re.match(pattern, line)]


def _whole(lines: Sequence[str], at: int) -> Told:
    closing = {"[": "]", "{": "}"}.get(lines[at].rstrip()[-1:], "")
    for end in _following(lines, at) if closing else ():
        if lines[end].strip().startswith(closing):
            inner = " ".join(line.strip() for line in lines[at : end + 1])
            return Told(at + 1, end + 1, inner)
    return Told(at + 1, at + 1, lines[at].strip())


def _following(lines: Sequence[str], at: int) -> Iterator[int]:
    yield from range(at + 1, min(at + 25, len(lines)))
