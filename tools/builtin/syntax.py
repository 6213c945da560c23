"""Whether the text of a file parses as the language that its name says.

Invariant: only a text that surely does not parse is a problem; what takes too long, is too large, or has an
unknown name is none. Covered: Python, JSON, TOML, YAML, JavaScript, TypeScript, shell. Not covered: templates
that only become one of these, JSON with comments by another name than usual.
"""

import ast
import tomllib
from functools import cache
from pathlib import PurePosixPath
from time import thread_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

LARGEST = 1 << 20
MOST_SECONDS = 0.3
_CHUNK = 4096
_GRAMMARS = {
    ".py": "python",
    ".pyi": "python",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".sh": "bash",
    ".bash": "bash",
}
_TEMPLATES = ("{{", "{%", "<%")
_WITH_COMMENTS = ("tsconfig", "jsconfig", ".eslintrc", "settings", "launch", "tasks", "devcontainer")
"""Names of JSON files that may hold comments and trailing commas."""


def syntax_problem(path: str, text: str) -> str:
    """Where ``text`` does not parse as the file at ``path``; empty where it does, or nobody can say."""
    name = PurePosixPath(path)
    suffix = name.suffix.lower()
    if len(text) > LARGEST or not text.strip():
        return ""
    if suffix == ".toml":
        return _toml(text)
    language = language_of(path)
    if not language or (language == "json" and name.name.startswith(_WITH_COMMENTS)):
        return ""
    if language == "yaml" and any(mark in text for mark in _TEMPLATES):
        return ""
    tree = parsed(text, language)
    if tree is not None and tree.root_node.has_error:
        return _first_error(tree.root_node)
    return _indentation(text) if language == "python" else ""


def language_of(path: str) -> str:
    """The grammar for the file at ``path``; empty where there is none."""
    return _GRAMMARS.get(PurePosixPath(path).suffix.lower(), "")


def _toml(text: str) -> str:
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return str(error)
    return ""


def _indentation(text: str) -> str:
    """What the grammar lets pass and no version of Python does."""
    try:
        ast.parse(text)
    except IndentationError as error:
        return f"line {error.lineno}: {error.msg}"
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # perhaps only too new or too old
        return ""
    return ""


def _first_error(root: "Node") -> str:
    """The line of the first node that is wrong or missing."""
    node = root
    while True:
        wrong = next((child for child in node.children if child.has_error or child.is_missing), None)
        if wrong is None or node.is_error:
            break
        node = wrong
    line = node.start_point[0] + 1
    if node.is_missing:
        return f"line {line}: {node.type} is missing"
    found = (node.text or b"").decode("ascii", "replace").strip().partition("\n")[0]
    return f"line {line}: at {found[:40]!r}" if found else f"line {line}"


def parsed(text: str, language: str) -> "Tree | None":
    """The syntax tree, or None after ``MOST_SECONDS`` of this thread's own time.

    Characters outside ASCII are taken as a letter: native scanners of grammars read beyond their tables on
    them. What does not parse can take the time of a recovery that grows with the square of its length.
    """
    from tree_sitter import Parser

    source = bytes(byte if byte < 0x80 else ord("x") for byte in text.encode("utf-8", "replace"))
    began = thread_time()
    try:
        return Parser(_language(language)).parse(
            lambda at, _: source[at : at + _CHUNK],
            progress_callback=lambda *_: thread_time() - began > MOST_SECONDS,
        )
    except ValueError:
        return None


@cache
def _language(name: str) -> "Language":
    from importlib import import_module

    from tree_sitter import Language

    package = "typescript" if name == "tsx" else name
    function = {"typescript": "language_typescript", "tsx": "language_tsx"}.get(name, "language")
    return Language(getattr(import_module(f"tree_sitter_{package}"), function)())
