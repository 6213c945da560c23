"""Words of a syntax tree, and what bash replaces in them.

Invariant: text that this module does not understand becomes a doubt or a DYNAMIC word, never a literal one.
Not covered: the values of expansions.
"""

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from tools.permissions.parts import Part
from tools.permissions.words import (
    Kind,
    Piece,
    Word,
    ansi_quoted,
    bare,
    double_quoted,
    join,
    names,
    single_quoted,
)

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 60
WORDS = names(
    "word number string raw_string ansi_c_string translated_string concatenation simple_expansion expansion "
    "command_substitution process_substitution arithmetic_expansion brace_expression extglob_pattern "
    "regex"
)
_INSIDE_STRINGS = names("expansion simple_expansion command_substitution arithmetic_expansion")
_ONE_LINE = names("command redirected_statement file_redirect declaration_command unset_command")
_APART = frozenset(b" \t\n;&|()<>")
_BRACES_ALONE = re.compile(r"[\w./=,:@%+-]*\{\}[\w./=,:@%+-]*")
_PLAIN_EXPANSION = re.compile(r"\$\{(?:[#]?\w+|[#?@*$!-])\}|\$\{\w+(?::?[-+]|%%?|##?)[^$`\\'\"{}<>]*\}")
_PLAIN_ARITHMETIC = re.compile(r"\$\(\([\d\s+*/%()<>=!&|^~?:-]*\)\)")


class WordReader(ABC):
    """Reads the words below a node of one source, and collects doubts about them."""

    def __init__(self, source: bytes, depth: int = 0) -> None:
        self.source = source
        self.depth = depth
        self.unclear: dict[str, None] = {}
        self.broken = ""

    @abstractmethod
    def visit(self, node: "Node") -> None:
        """Read a statement that stands inside a word."""

    @abstractmethod
    def add(self, part: Part) -> None:
        """Keep a part that was found inside a word."""

    @abstractmethod
    def file_redirect(self, node: "Node") -> list[str]:
        """The files that a redirection writes."""

    def doubt(self, reason: str) -> None:
        """Note why the command could run what no part shows."""
        self.unclear.setdefault(reason)

    def descend(self) -> bool:
        """Go one level down; False where that is too deep. Pair with ``self.depth -= 1``."""
        if self.depth >= DEEPEST:
            self.broken = self.broken or "it is nested too deeply"
            return False
        self.depth += 1
        return True

    def text(self, node: "Node") -> str:
        return self.source[node.start_byte : node.end_byte].decode(errors="replace")

    def check_gaps(self, node: "Node") -> None:
        """Doubt text between the children of ``node`` that the tree does not account for.

        Where there is none, one side has to be an operator, or bash would read one word.
        """
        position = node.start_byte
        for child in [*node.children, None]:
            start = node.end_byte if child is None else child.start_byte
            gap = self.source[position:start]
            rest = gap.replace(b"\\\n", b"").strip(b" \t")
            if rest.strip(b" \t\n") or (rest and node.type in _ONE_LINE):
                self.doubt("some of it is not understood")
            if child is None:
                return
            if not child.is_named and self.text(child) != child.type:
                self.doubt("some of it is not understood")
            if position > node.start_byte and not gap.replace(b"\\\n", b""):
                self.check_touching(node, position, child)
            position = max(position, child.end_byte)

    def check_touching(self, node: "Node", position: int, child: "Node") -> None:
        """Doubt that ``child`` begins a word of its own right at ``position``."""
        meet = self.source[position - 1 : position] + self.source[child.start_byte : child.start_byte + 1]
        apart = _APART | set(b"`") if node.type == "command_substitution" else _APART
        numbers = child.type.endswith("_redirect") and meet[:1] in b"0123456789}"
        if numbers or not set(meet) & apart:
            self.doubt("its words are not apart")

    def expansions(self, node: "Node") -> None:
        """Visit the words and substitutions anywhere below ``node``."""
        if not self.descend():
            return
        for child in node.named_children:
            if child.type in WORDS:
                self.word(child)
            else:
                self.expansions(child)
        self.depth -= 1

    def word(self, node: "Node") -> Word:
        """Resolve a word, and visit what it substitutes."""
        return join(self.pieces(node, True), self.text(node))

    def pieces(self, node: "Node", at_start: bool) -> list[Piece]:
        text = self.text(node)
        if not self.descend():
            return [Piece(text, Kind.DYNAMIC)]
        pieces = self.pieces_of(node, text, at_start)
        self.depth -= 1
        for piece in pieces:
            if piece.problem:
                self.doubt(piece.problem)
        return pieces

    def pieces_of(self, node: "Node", text: str, at_start: bool) -> list[Piece]:
        match node.type:
            case "concatenation" if _BRACES_ALONE.fullmatch(text):
                return [Piece(text, Kind.LITERAL, text)]
            case "concatenation":
                found: list[Piece] = []
                position = node.start_byte
                for child in node.children:
                    if self.source[position : child.start_byte].replace(b"\\\n", b""):
                        self.doubt("some of it is not understood")
                    found += self.pieces(child, at_start and child.start_byte == node.start_byte)
                    position = child.end_byte
                return found
            case "word" | "number" if not node.named_children:
                return [bare(text, at_start)]
            case "raw_string":
                return [single_quoted(text)]
            case "ansi_c_string":
                return [ansi_quoted(text)]
            case "string":
                return self.string(node)
            case "brace_expression" if re.fullmatch(r"\{[\w.-]*\}", text):
                return [bare(text, at_start)]
            case "extglob_pattern" if re.fullmatch(r"[\w./*?\[\]-]*", text):
                return [bare(text, at_start)]
            case _:
                self.substitution(node, text)
                return [Piece(text, Kind.DYNAMIC)]

    def string(self, node: "Node") -> list[Piece]:
        pieces: list[Piece] = []
        position = node.start_byte + 1
        for child in node.named_children:
            if child.type not in _INSIDE_STRINGS:
                continue
            before = self.source[position : child.start_byte].decode(errors="replace")
            pieces += [double_quoted(before), *self.pieces(child, False)]
            position = child.end_byte
        rest = self.source[position : max(position, node.end_byte - 1)].decode(errors="replace")
        return [*pieces, double_quoted(rest)]

    def substitution(self, node: "Node", text: str) -> None:
        """What bash replaces in a word: visit the commands, and doubt what could hide some."""
        match node.type:
            case "simple_expansion" if re.fullmatch(r"\$(\w+|[@*#?!$-])", text):
                return
            case "expansion" if _PLAIN_EXPANSION.fullmatch(text):
                return
            case "arithmetic_expansion" if _PLAIN_ARITHMETIC.fullmatch(text):
                return
            case "command_substitution":
                self.command_substitution(node, text)
                return
            case "process_substitution":
                self.doubt("a process substitution hands a command to another program")
                for child in node.named_children:
                    self.visit(child)
                return
            case "arithmetic_expansion":
                self.doubt("arithmetic with names can run commands")
            case _:
                self.doubt(f"an expansion can hide commands: {text[:60]}")
        self.expansions(node)

    def command_substitution(self, node: "Node", text: str) -> None:
        if text.startswith("`") and "\\" in text:
            self.doubt("backticks with backslashes in them")
        self.check_gaps(node)
        for child in node.children:
            if child.type == "file_redirect":
                writes = self.file_redirect(child)
                if writes:
                    self.add(Part(self.text(child), writes=tuple(writes)))
            elif child.type not in ("$(", ")", "`"):
                self.visit(child)
