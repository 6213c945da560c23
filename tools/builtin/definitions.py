"""How many tests, functions and classes the files of a workspace define.

Invariant: files are read and parsed, never imported or run. Covered: pytest and unittest, ``it`` and ``test``
of JavaScript and TypeScript, Go, Rust. Not covered: tests that are made at run time, sets of parameters.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from tools.base import ToolContext
from tools.builtin.atomic import read_bytes
from tools.builtin.naming_tests import TEST_FILE, tests_in
from tools.builtin.outline import outline
from tools.builtin.paths import located
from tools.builtin.tree import Entry, Ignores, walk
from tools.calls import ToolError

MOST_FILES = 1_000
MOST_ENTRIES = 100_000
_LARGEST_FILE = 1 << 20
_BY_LINES = (
    (
        re.compile(r".*\.(?:test|spec)\.[cm]?[jt]sx?|__tests__/.*\.[cm]?[jt]sx?"),
        r"\s*(?:it|test)(?:\.\w+)?\s*\(",
    ),
    (re.compile(r".*_test\.go"), r"func (?:Test|Fuzz)\w*\("),
    (re.compile(r".*\.rs"), r"\s*#\[(?:\w+::)?test\b"),
)


KINDS = {"functions": ("function", "method"), "methods": ("method",), "classes": ("class",)}
"""The kinds of an outline's entries that each word counts."""
_OUTLINED = (".py", ".js", ".jsx", ".mjs", ".ts", ".tsx")


@dataclass(frozen=True)
class Defined:
    """Numbers by file, without files that define none. ``cut`` says that not all files were looked at."""

    files: dict[str, int]
    cut: bool = False


def tests_by_file(context: ToolContext) -> Defined:
    """The tests of the workspace. Blocks; raises ToolError."""
    return _by_file(context, lambda one: any(_ways(one)), lambda one: sum(_counted(context, one)))


def definitions_by_file(context: ToolContext, kinds: Collection[str]) -> Defined:
    """What its sources define of those kinds. Blocks; raises ToolError."""

    def number(entry: Entry) -> int:
        entries = outline(entry.path, "\n".join(_lines(context, entry))).entries
        return sum(one.kind in kinds for one in entries)

    return _by_file(context, lambda one: one.path.endswith(_OUTLINED), number)


def _by_file(
    context: ToolContext, wanted: Callable[[Entry], bool], number: Callable[[Entry], int]
) -> Defined:
    with located(context.workspace, ".") as root:
        entries = [*islice(walk(root, Ignores(context.workspace), []), MOST_ENTRIES)]
    files = [one for one in entries if one.is_file and wanted(one)]
    found = {one.path: number(one) for one in files[:MOST_FILES]}
    cut = len(files) > MOST_FILES or len(entries) == MOST_ENTRIES
    return Defined({path: count for path, count in found.items() if count}, cut)


def _lines(context: ToolContext, entry: Entry) -> list[str]:
    """The lines of a file; none where it cannot be read."""
    try:
        with located(context.workspace, f"./{entry.path}") as place:
            return read_bytes(place, _LARGEST_FILE).decode("utf-8", "replace").splitlines()
    except ToolError:
        return []


def _ways(entry: Entry) -> Iterator[str]:
    """How the tests of a file are written: ``python``, or a pattern of their lines."""
    if TEST_FILE.fullmatch(entry.parts[-1]):
        yield "python"
    yield from (line for name, line in _BY_LINES if name.fullmatch("/".join(entry.parts[-2:])))


def _counted(context: ToolContext, entry: Entry) -> Iterator[int]:
    for way in _ways(entry):
        if way == "python":
            yield len(tests_in(context, entry.path))
            continue
        yield sum(re.match(way, line[:300]) is not None for line in _lines(context, entry))
