"""Where the tests of a workspace stand that a user names without their file.

Invariant: files are read and parsed, never imported. Covered: files of pytest and unittest (``test_*.py`` and
``*_test.py``), their functions, classes and methods. Not covered: tests that are made at run time.
"""

import ast
import re
from collections.abc import Iterator

from tools.base import ToolContext
from tools.builtin.atomic import read_bytes
from tools.builtin.paths import located
from tools.builtin.tree import Ignores, walk
from tools.calls import ToolError

_LARGEST_FILE = 1 << 20
_MOST_FILES = 500
_MOST_FOUND = 20
TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py|tests?\.py")
_NAME = re.compile(r"(\w+(?:(?:::|\.)\w+)*)(\[.*\])?")


def is_path(context: ToolContext, target: str) -> bool:
    """Whether ``target`` leads to a file or folder, perhaps with a test in it behind ``::``."""
    try:
        with located(context.workspace, target.partition("::")[0]):
            return True
    except ToolError:
        return False


def node_ids(context: ToolContext, target: str) -> list[str]:
    """Pytest's node ids of what is named ``target``.

    That is a file, its module, a class, ``Class::method``, or a function, perhaps with its case in brackets.
    """
    if target.endswith(".py"):
        return [path for path in _test_files(context) if path.endswith(f"/{target}")]
    named = _NAME.fullmatch(target)
    if named is None:
        return []
    wanted, case = re.split(r"::|\.", named[1]), named[2] or ""
    found: list[str] = []
    for path in _test_files(context):
        module = path.removesuffix(".py").split("/")
        for names in ([], *_tests(context, path)):
            if [*module, *names][-len(wanted) :] == wanted:
                found.append("::".join([path, *names]) + case)
    return found[:_MOST_FOUND]


def tests_in(context: ToolContext, path: str) -> list[list[str]]:
    """The test functions and methods of one file, each by its names from the outside in."""
    return [names for names in _tests(context, path) if names[-1].startswith("test")]


def _test_files(context: ToolContext) -> Iterator[str]:
    count = 0
    with located(context.workspace, ".") as root:
        for entry in walk(root, Ignores(context.workspace), []):
            if entry.is_file and TEST_FILE.fullmatch(entry.parts[-1]):
                yield entry.path
                count += 1
                if count == _MOST_FILES:
                    return


def _tests(context: ToolContext, path: str) -> Iterator[list[str]]:
    """Functions, classes and methods of one file, each by its names from the outside in."""
    try:
        with located(context.workspace, f"./{path}") as place:
            tree = ast.parse(read_bytes(place, _LARGEST_FILE))
    except (ToolError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield [node.name]
        if isinstance(node, ast.ClassDef):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from ([node.name, one.name] for one in methods)
