"""A bash command line, taken apart into its simple commands by tree-sitter-bash.

Invariant: ``parse`` never raises and never forgets text. Node types and tokens that are not named
here, gaps between nodes that are not blank, and words that our own reading resolves differently all
make the command unclear, so that a misreading leads to a question and never to an approval.
Not covered: aliases and functions of the person's own start-up files, and what scripts do.
"""

import re
from functools import cache
from time import thread_time
from typing import TYPE_CHECKING

from tools.permissions.parts import Parsed, Part
from tools.permissions.reading import WORDS
from tools.permissions.redirections import RedirectionReader
from tools.permissions.scripts import unsafe_test
from tools.permissions.words import Kind, Word, names
from tools.permissions.wrappers import RESERVED, unwrap

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

MOST_PARTS = 200
MOST_WORDS = 2000
MOST_PIPES = 2000
MOST_SECONDS = 1.0
_CHUNK = 4096
MOST_BYTES = 64 << 10

_STRUCTURE = names(
    "program list pipeline subshell compound_statement negated_command if_statement elif_clause else_clause "
    "while_statement for_statement do_group case_statement case_item function_definition"
)
_TOKENS = names(
    "&& || | |& & ; ;; ;& ;;& ( ) { } ! if then elif else fi for select in do done while until case esac "
    "function"
) | {"\n"}
_CASE_ENDS = names(";; ;& ;;&")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
MOVES = names("cd pushd popd")
_BRACKETS = re.compile(r"\[\[\s.*\s\]\]|\[\s.*\s\]", re.DOTALL)
_LOOP_VARIABLE = re.compile(r"[a-z][a-z0-9_]*")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def parse(command: str) -> Parsed:
    """Take ``command`` apart. Never raises; what cannot be read is said in ``broken``."""
    try:
        source = command.encode()
    except UnicodeEncodeError:
        return Parsed(broken="it is not valid text")
    if len(source) > MOST_BYTES:
        return Parsed(broken=f"it is longer than {MOST_BYTES >> 10} KB")
    if source.count(b"|") > MOST_PIPES:
        # In one native step, which cannot be ended, 20,000 of them take the grammar seven seconds.
        return Parsed(broken=f"it has more than {MOST_PIPES} pipes")
    if "\0" in command:
        return Parsed(broken="it contains a NUL character")
    reader = Reader(source)
    if _UNSEEN.search(command):
        reader.doubt("it contains characters that do not show")
    reader.read()
    programs = {part.program for part in reader.parts}
    if "git" in programs and programs & MOVES:
        reader.doubt("git in another folder obeys the settings that lie there")
    return Parsed(tuple(reader.parts), reader.broken, tuple(reader.unclear))


@cache
def _language() -> "Language":
    import tree_sitter_bash
    from tree_sitter import Language

    return Language(tree_sitter_bash.language())


def _masked(source: bytes) -> bytes:
    """``source`` with every byte outside ASCII as a letter, as bash takes it, at equal offsets.

    The grammar's native scanner reads beyond its tables on other characters and ends the process.
    """
    return bytes(byte if byte < 0x80 else ord("x") for byte in source)


def _tree(source: bytes) -> "Tree | None":
    """The syntax tree, or None after ``MOST_SECONDS`` of this thread's own time.

    What does not parse can take the grammar's recovery time that grows with the square of its length.
    """
    from tree_sitter import Parser

    began = thread_time()
    try:
        return Parser(_language()).parse(
            lambda at, _: source[at : at + _CHUNK],
            progress_callback=lambda *_: thread_time() - began > MOST_SECONDS,
        )
    except ValueError:
        return None


class Reader(RedirectionReader):
    """Walks one syntax tree and collects its parts and doubts."""

    def __init__(self, source: bytes, depth: int = 0) -> None:
        super().__init__(source, depth)
        self.parts: list[Part] = []

    def read(self) -> None:
        """Walk the whole source."""
        tree = _tree(_masked(self.source))
        if tree is None:
            self.broken = "it takes too long to read"
            return
        root = tree.root_node
        if root.has_error:
            self.broken = "it does not parse as bash"
        if self.source[: root.start_byte].strip() or self.source[root.end_byte :].strip():
            self.broken = "it does not parse as bash"
        self.visit(root)

    def add(self, part: Part) -> None:
        """Keep ``part``, and what it runs in turn."""
        if len(self.parts) >= MOST_PARTS:
            self.broken = f"it has more than {MOST_PARTS} parts"
            return
        if len(part.words) > MOST_WORDS:
            self.broken = f"a part of it has more than {MOST_WORDS} words"
            return
        inner = unwrap(part)
        self.parts.append(inner.part)
        for reason in inner.unclear:
            self.doubt(reason)
        if not self.descend():
            return
        for found in inner.runs:
            self.add(found)
        for script in inner.scripts:
            self.script(script)
        self.depth -= 1

    def script(self, text: str) -> None:
        """Read a command line that stands as an argument, as in ``bash -c '...'``."""
        reader = Reader(text.encode(), self.depth + 1)
        reader.read()
        self.parts += reader.parts
        self.unclear |= reader.unclear
        self.broken = self.broken or reader.broken
        if len(self.parts) > MOST_PARTS:
            self.broken = f"it has more than {MOST_PARTS} parts"

    def visit(self, node: "Node") -> None:
        """Walk a statement, a word or a token."""
        if self.broken and len(self.parts) >= MOST_PARTS:
            return
        if not self.descend():
            return
        if not node.is_named:
            if node.type not in _TOKENS:
                self.doubt(f"{node.type!r} is not judged")
        elif node.type in WORDS:
            self.word(node)
        elif node.type in _STRUCTURE:
            self.structure(node)
        else:
            self.statement(node)
        self.depth -= 1

    def statement(self, node: "Node") -> None:
        match node.type:
            case "command":
                self.command(node, [], self.text(node))
            case "redirected_statement":
                self.redirected(node)
            case "variable_assignment":
                self.add(Part(self.text(node), assignments=(self.assignment(node),)))
            case "declaration_command" | "unset_command" | "variable_assignments":
                self.check_gaps(node)
                self.expansions(node)
                self.add(Part(self.text(node), assignments=(self.text(node),)))
            case "test_command":
                self.test(node)
            case "comment":
                before = self.source[max(0, node.start_byte - 1) : node.start_byte]
                if before not in (b"", b" ", b"\t", b"\n", b";", b"&", b"|", b"(", b")"):
                    self.doubt("a comment is not understood")
            case _:
                self.doubt(f"{node.type.replace('_', ' ')} is not judged")
                for child in node.named_children:
                    self.visit(child)

    def structure(self, node: "Node") -> None:
        for child in self.flat_children(node):
            if child.type == "variable_name":
                if not _LOOP_VARIABLE.fullmatch(self.text(child)) or self.text(child).endswith("_proxy"):
                    self.doubt(f"the loop sets {self.text(child)}")
            elif child.type in _CASE_ENDS and node.type != "case_item":
                self.doubt(f"{child.type!r} is not judged")
            elif not (node.type == "function_definition" and child.type == "word"):
                self.visit(child)

    def flat_children(self, node: "Node") -> "list[Node]":
        """The children of ``node``; ``a && b && c`` is one level, though the tree nests it."""
        found: list[Node] = []
        while True:
            self.check_gaps(node)
            found = [*node.children[1:], *found]
            if node.type != "list" or node.children[0].type != "list":
                return [*node.children[:1], *found]
            node = node.children[0]

    def redirected(self, node: "Node") -> None:
        body = node.child_by_field_name("body")
        redirects = [child for child in node.children if body is None or child.id != body.id]
        self.check_gaps(node)
        if body is not None and body.type == "command":
            here = any(child.type == "heredoc_redirect" for child in redirects)
            self.command(body, redirects, self.text(body if here else node))
            return
        if body is not None:
            self.visit(body)
        writes = self.redirects(redirects)
        if writes:
            text = " ".join(self.text(child) for child in redirects if child.type == "file_redirect")
            self.add(Part(text, writes=writes))

    def command(self, node: "Node", redirects: "list[Node]", text: str) -> None:
        self.check_gaps(node)
        words: list[Word] = []
        assignments: list[str] = []
        own: list[Node] = []
        for child in node.children:
            if child.type == "command_name":
                words.append(self.name(child))
            elif child.type == "variable_assignment":
                assignments.append(self.assignment(child))
            elif child.type.endswith("_redirect"):
                own.append(child)
            elif child.type in WORDS:
                words.append(self.word(child))
            else:
                self.visit(child)
        writes = self.redirects(own + redirects)
        self.add(Part(text, tuple(words), tuple(assignments), writes))

    def assignment(self, node: "Node") -> str:
        """A ``NAME=value``; bash runs as a program what only looks like one."""
        text = self.text(node)
        if not _ASSIGNMENT.match(text):
            self.doubt(f"not a plain assignment: {text[:60]}")
        self.expansions(node)
        return text

    def name(self, node: "Node") -> Word:
        """The word in command position, which has to be literal."""
        word = self.word(node.children[0]) if node.child_count == 1 else self.word(node)
        if not word.literal:
            self.doubt(f"the program is only known when it runs: {word.text}")
        elif self.text(node) in RESERVED:
            self.doubt(f"{word.text!r} is not judged as a program")
        return word

    def test(self, node: "Node") -> None:
        """``[ ... ]`` and ``[[ ... ]]``: a part whose first word is the bracket."""
        text = self.text(node)
        bracket = "[[" if text.startswith("[[") else "["
        if not _BRACKETS.fullmatch(text) or set(text) & set("\n#;&|<>"):
            self.doubt("a test is not understood")
        why = unsafe_test(bracket, text[len(bracket) : -len(bracket)])
        if why:
            self.doubt(why)
        self.expansions(node)
        words = (Word(bracket, Kind.LITERAL, bracket), Word(text[len(bracket) :], Kind.DYNAMIC))
        self.add(Part(text, words, read=True))
