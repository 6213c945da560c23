"""Redirections and here-documents: what a command writes, and what hides in the text it reads.

Covered: every target of output, ``/dev/tcp``, substitutions in here-documents. Not covered: what is read.
"""

import re
from typing import TYPE_CHECKING

from tools.permissions.reading import WORDS, WordReader

if TYPE_CHECKING:
    from tree_sitter import Node


class RedirectionReader(WordReader):
    """Reads the redirections of a statement."""

    def redirects(self, nodes: "list[Node]") -> tuple[str, ...]:
        """The files that ``nodes`` write to; here-documents are read for substitutions."""
        writes: list[str] = []
        for node in nodes:
            if node.type == "file_redirect":
                writes += self.file_redirect(node)
            elif node.type == "heredoc_redirect":
                writes += self.heredoc(node)
            elif node.type == "herestring_redirect":
                self.check_gaps(node)
                for child in node.named_children:
                    self.visit(child)
            else:
                self.visit(node)
        return tuple(writes)

    def file_redirect(self, node: "Node") -> list[str]:
        self.check_gaps(node)
        operator = next((child.type for child in node.children if not child.is_named), "")
        numbers = [self.text(child) for child in node.named_children if child.type == "file_descriptor"]
        if not all(re.fullmatch(r"[0-9]+", number) for number in numbers):
            self.doubt("a redirection is not understood")
        targets = [self.word(child) for child in node.named_children if child.type != "file_descriptor"]
        if any(target.text.startswith(("/dev/tcp/", "/dev/udp/")) for target in targets):
            self.doubt("it opens a connection by redirection")
        if len(targets) != 1:
            if operator not in ("<&-", ">&-"):
                self.doubt("a redirection is not understood")
            return []
        target = targets[0]
        if operator in ("<&", ">&") and target.literal and re.fullmatch(r"\d+-?", target.text):
            return []
        if operator == "<" and target.literal:
            return []
        return [] if target.literal and target.text == "/dev/null" else [target.text]

    def heredoc(self, node: "Node") -> list[str]:
        """A here-document: its start must be one plain name, and its end where bash sees it."""
        writes: list[str] = []
        parts = {child.type: child for child in node.children}
        start = self.text(parts["heredoc_start"]) if "heredoc_start" in parts else ""
        body = self.text(parts["heredoc_body"]) if "heredoc_body" in parts else ""
        quoted = re.fullmatch(r"(['\"])(\w+)\1", start)
        name = quoted.group(2) if quoted else start
        end = self.text(parts["heredoc_end"]) if "heredoc_end" in parts else None
        if any(not child.is_named and self.text(child) != child.type for child in node.children):
            self.doubt("a here-document is not understood")
        lines = [line.lstrip("\t") if "<<-" in parts else line for line in body.split("\n")]
        ended = end is not None and end.strip() == name and name not in lines
        if not re.fullmatch(r"\w+", name) or not ended or self.source.count(b"<<") > 1:
            self.doubt("a here-document is not understood")
        if not quoted and re.search(r"\$[({\[]|`|\\$", body, re.MULTILINE):
            self.doubt("a here-document runs commands of its own")
        for child in node.children:
            if child.type == "file_redirect":
                writes += self.file_redirect(child)
            elif child.type == "heredoc_body":
                if not quoted:
                    self.expansions(child)
            elif child.type in WORDS:
                self.doubt("an argument follows a here-document")
            elif child.type not in ("heredoc_start", "heredoc_end", "<<", "<<-", "file_descriptor"):
                self.visit(child)
        return writes
