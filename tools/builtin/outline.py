"""The outline of a file: what it defines, at which line, with the first line of its documentation.

Invariant: every entry names a line of the text as it stands there. Pure, and it never raises. Covered:
Python, JavaScript and TypeScript by grammar; other programming languages by how a definition usually begins;
headings of Markdown, sections and keys of configuration, targets of a Makefile, steps of a Dockerfile.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.builtin.syntax import LARGEST, language_of, parsed

if TYPE_CHECKING:
    from tree_sitter import Node

LONGEST_LINE = 160
_LONGEST_READ = 500
"""Longer lines are not matched with patterns, whose time may grow with the square of it."""
_DEEPEST = 3
_BY_GRAMMAR = ("python", "javascript", "typescript", "tsx")
_DEFINITIONS = {
    "class_definition": "class",
    "function_definition": "function",
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "method_definition": "method",
    "interface_declaration": "interface",
    "type_alias_declaration": "type",
    "enum_declaration": "enum",
}
_FUNCTIONS = ("arrow_function", "function_expression", "function", "generator_function", "class")
_ENTERED = (
    "decorated_definition",
    "export_statement",
    "lexical_declaration",
    "variable_declaration",
    "class_body",
)
_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([a-z]+\))?|unsafe|"
    r"const|extern|declare|override|virtual|inline|partial|sealed|open|data|local)\s+)*"
)
_KEYWORDS = (
    r"(?:def|class|func|function\*?|fn|fun|struct|enum|trait|interface|type|object|module|namespace|macro_rules!|impl|"
    r"protocol|record|const|let|var|val|sub|defmodule|defp?)"
)
DEFINING = r"(?:def|class|func|function|fn|fun|struct|enum|trait|interface|type|module|const|let|var|val)"
"""The words before most names that are defined."""
_LINES = {
    ".md": r"(?P<name>#{1,4} \S.*)",
    ".rst": r"(?P<name>\S.*)(?=\n[=~^-]{3,}\s*$)",
    ".toml": r"(?P<name>\[{1,2}[^\]]+\]{1,2})",
    ".ini": r"(?P<name>\[[^\]]+\])",
    ".cfg": r"(?P<name>\[[^\]]+\])",
    ".yaml": r"(?P<name>[\w./-]+):",
    ".yml": r"(?P<name>[\w./-]+):",
    ".json": r"(?:  |\t|    )\"(?P<name>[^\"]+)\"\s*:",
    ".css": r"(?P<name>[^\s{}@/][^{}]*?)\s*\{",
    ".sql": (
        r"(?i:create\s+(?:or\s+replace\s+)?(?P<name>(?:table|view|function|index|"
        r"procedure|trigger)\s+\S+))"
    ),
    ".sh": r"(?:function\s+)?(?P<name>[\w-]+)\s*\(\)",
    ".bash": r"(?:function\s+)?(?P<name>[\w-]+)\s*\(\)",
    "makefile": r"(?P<name>[A-Za-z][\w.-]*)\s*:(?!=)",
    "dockerfile": r"(?P<name>(?:FROM|COPY|RUN|CMD|ENTRYPOINT|EXPOSE|WORKDIR|ENV)\b.*)",
}
_C_LIKE = (".c", ".h", ".cc", ".cpp", ".hpp", ".java", ".cs")
_CODE = (".go", ".rs", ".rb", ".php", ".kt", ".swift", ".lua", ".pl", ".ex", ".exs", ".scala", *_C_LIKE)
_COMMENT = re.compile(r"^\s*(?:#(?!!)|//+!?|/\*+|\*|--|;+|\"\"\"|''')\s?(.*?)(?:\*/|\"\"\"|''')?\s*$")

_SAYS_NOTHING = re.compile(
    r"(?i)(?:todo|fixme|xxx|hack)\b|copyright|\(c\)|spdx-|-\*-|(?:eslint|prettier|pylint|ruff|mypy|flake8|isort|type|"
    r"jshint|globals?|istanbul)\b[-:]|@ts-|@flow|noqa|use strict|vim:"
)
"""Comments that say nothing of what a file is for."""


@dataclass(frozen=True)
class Entry:
    """A definition: ``line`` from 1, ``text`` as that line says it, ``doc`` its documentation's first line.

    ``last`` is its last line, 0 where that is not known.
    """

    kind: str
    name: str
    line: int
    text: str
    doc: str = ""
    depth: int = 0
    last: int = 0


@dataclass(frozen=True)
class Outline:
    """What a file defines. ``doc`` is what it says of itself first, at ``doc_line``; empty where nothing."""

    entries: tuple[Entry, ...]
    doc: str = ""
    doc_line: int = 0


def outline(path: str, text: str) -> Outline:
    """The outline of ``text``, the file at ``path``; without entries where none are known."""
    lines = text.split("\n")
    language = language_of(path)
    entries: tuple[Entry, ...] = ()
    if language in _BY_GRAMMAR and len(text) <= LARGEST and (tree := parsed(text, language)) is not None:
        entries = tuple(_definitions(tree.root_node, lines, language, 0))
    if not entries:
        entries = tuple(_by_lines(path, text))
    doc, line = _python_doc(lines, 0) if language == "python" else ("", 0)
    if not doc:
        doc, line = _first_comment(lines)
    return Outline(entries, doc, line)


def definition_pattern(name: str) -> str:
    """A regular expression for lines that define ``name`` in most languages."""
    name = re.escape(name)
    return (
        rf"^\s*{_MODIFIERS}{_KEYWORDS}\s+(?:\([^)]*\)\s*)?{name}\b|^\s*{name}\s*(?::[^=]+)?=(?:[^=]|$)"
        rf"|^\s*{_MODIFIERS}{name}\s*\([^;]*\{{\s*$|^{name}\s*\(\)|^\w[\w<>\[\]*&:, ]*[ *&]{name}\s*\([^;]*$"
        rf"|^#define\s+{name}\b"
    )


def _definitions(node: "Node", lines: list[str], language: str, depth: int) -> Iterator[Entry]:
    for child in node.named_children:
        kind, named = _DEFINITIONS.get(child.type), child
        if child.type == "variable_declarator":
            value = child.child_by_field_name("value")
            kind = "function" if value is not None and value.type in _FUNCTIONS else None
            kind = kind or ("constant" if depth == 0 else None)
        if child.type == "expression_statement" and language == "python" and depth == 0:
            assigned = next((one for one in child.named_children if one.type == "assignment"), None)
            left = assigned.child_by_field_name("left") if assigned is not None else None
            if left is not None and left.type == "identifier":
                yield _entry("constant", _text(left, lines), left, lines, language, depth)
            continue
        name = named.child_by_field_name("name") if kind else None
        if kind and name is not None:
            kind = "method" if kind == "function" and depth else kind
            yield _entry(kind, _text(name, lines), child, lines, language, depth)
            body = child.child_by_field_name("body")
            if kind == "class" and body is not None and depth < _DEEPEST:
                yield from _definitions(body, lines, language, depth + 1)
        elif child.type in _ENTERED:
            yield from _definitions(child, lines, language, depth)


def _entry(kind: str, name: str, node: "Node", lines: list[str], language: str, depth: int) -> Entry:
    row = node.start_point[0]
    doc = ""
    if kind != "constant":
        body = node.child_by_field_name("body")
        start = body.start_point[0] if body is not None else len(lines)
        doc = _python_doc(lines, start)[0] if language == "python" else _comment_above(lines, row)
    return Entry(kind, name, row + 1, _shown(lines[row]), doc, depth, node.end_point[0] + 1)


def _text(node: "Node", lines: list[str]) -> str:
    """The text of a node on one line. Columns count bytes, and the parsed copy has as many."""
    row, start = node.start_point
    return lines[row].encode("utf-8", "replace")[start : node.end_point[1]].decode("utf-8", "replace")


def _python_doc(lines: list[str], row: int) -> tuple[str, int]:
    """The first line of the string that stands at ``row`` or, after comments, below it; and its number."""
    while row < len(lines) and (not lines[row].strip() or lines[row].lstrip().startswith("#")):
        row += 1
    if row >= len(lines):
        return "", 0
    match = re.match(r"\s*[rRuU]?(\"\"\"|'''|\"|')(.*)", lines[row])
    if match is None:
        return "", 0
    said = match[2].partition(match[1])[0].strip()
    if said or len(match[1]) == 1 or row + 1 >= len(lines):
        return _shown(said), row + 1
    return _shown(lines[row + 1].partition(match[1])[0]), row + 2


def _comment_above(lines: list[str], row: int) -> str:
    """The first line of the comment that ends above ``row``."""
    first = ""
    while row > 0 and (match := _COMMENT.match(lines[row - 1][:_LONGEST_READ])):
        first = match[1].strip("* /") or first
        row -= 1
    return _shown(first)


def _first_comment(lines: list[str]) -> tuple[str, int]:
    for number, line in enumerate(lines[:10], start=1):
        if not line.strip() or line.startswith("#!"):
            continue
        match = _COMMENT.match(line[:_LONGEST_READ])
        if match is None:
            return "", 0
        if (said := match[1].strip("* /")) and not _SAYS_NOTHING.match(said):
            return _shown(said), number
    return "", 0


def _by_lines(path: str, text: str) -> Iterator[Entry]:
    """Definitions by how their lines begin."""
    name = PurePosixPath(path)
    suffix = name.suffix.lower()
    key = suffix if suffix in _LINES else name.name.lower().partition(".")[0]
    pattern = _LINES.get(key, "")
    if not pattern and suffix in _CODE:
        pattern = rf"\s*{_MODIFIERS}{_KEYWORDS}\s+(?:\([^)\n]*\)\s*)?(?P<name>[A-Za-z_]\w*)"
        if suffix in _C_LIKE:
            pattern = rf"(?:{pattern}|\w[\w<>\[\]*&:, ]*[ *&](?P<other>\w+)\s*\([^;\n]*$)"
    if not pattern or len(text) > LARGEST:
        return
    lines = [line[:_LONGEST_READ] for line in text.split("\n")]
    fenced = False
    for row, line in enumerate(lines):
        fenced ^= suffix == ".md" and line.lstrip().startswith(("```", "~~~"))
        found = (
            None
            if fenced
            else re.match(pattern, "\n".join(lines[row : row + 2]) if suffix == ".rst" else line)
        )
        if found and (said := found["name"] or found.groupdict().get("other")):
            doc = _comment_above(lines, row) if suffix in _CODE else ""
            yield Entry("", _shown(said), row + 1, _shown(line), doc)


def _shown(line: str) -> str:
    line = line.strip()
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
