"""Outlines name definitions at their lines, with what is said of them."""

import pytest

from tools.builtin.outline import outline

PYTHON = """#!/usr/bin/env python
\"""Über alles.\"""
import os

LIMIT = 3


@wraps
def größe(a):
    \"""
    Count.
    \"""


class A(B):
    async def b(self): ...
"""
SCRIPT = """// Cache.
export class Cache {
  /** Look it up. */
  get(key) {}
}
export const add = (a) => a;
function f() {}
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", PYTHON, [("LIMIT", 5, ""), ("größe", 9, "Count."), ("A", 15, ""), ("b", 16, "")]),
        ("a.js", SCRIPT, [("Cache", 2, "Cache."), ("get", 4, "Look it up."), ("add", 6, ""), ("f", 7, "")]),
        ("a.ts", "interface X { a: number }\nenum E { A }\n", [("X", 1, ""), ("E", 2, "")]),
        (
            "a.go",
            "// Add adds.\nfunc (s *S) Add(a int) {\n}\ntype S struct {\n",
            [("Add", 2, "Add adds."), ("S", 4, "")],
        ),
        ("a.rs", "pub async fn go(x: u8) {}\n", [("go", 1, "")]),
        ("a.c", "static int add(int a)\n{\n  return add(1);\n}\n", [("add", 1, "")]),
        ("a.md", "# One\n```\n# no\n```\n## Two\n", [("# One", 1, ""), ("## Two", 5, "")]),
        ("a.toml", "x = 1\n[tool.a]\n[[b]]\n", [("[tool.a]", 2, ""), ("[[b]]", 3, "")]),
        ("Makefile", "test: all\n\tx\nA := 1\n", [("test", 1, "")]),
        ("Dockerfile", "FROM a\n# no\nRUN b\n", [("FROM a", 1, ""), ("RUN b", 3, "")]),
        ("a.json", '{\n  "a": 1,\n  "b": {\n    "c": 2\n  }\n}', [("a", 2, ""), ("b", 3, ""), ("c", 4, "")]),
        ("a.bin", "def x", []),
        ("a.py", "", []),
    ],
)
def test_definitions_have_their_lines(path: str, text: str, expected: list[tuple[str, int, str]]) -> None:
    assert [(one.name, one.line, one.doc) for one in outline(path, text).entries] == expected


def test_a_file_says_of_itself() -> None:
    assert (outline("a.py", PYTHON).doc, outline("a.py", PYTHON).doc_line) == ("Über alles.", 2)
    assert outline("a.js", SCRIPT).doc == "Cache."
    assert outline("a.txt", "plain\n").doc == ""


@pytest.mark.parametrize(
    "text",
    ["(" * 20_000, "def f(:\n" * 2_000, "class A:\n" * 500, "\0\x85\u2028" * 99, " " * 30_000 + "x", '"""'],
    ids=range(6),
)
def test_what_does_not_parse_has_some_outline_or_none(text: str) -> None:
    for name in ("a.py", "a.ts", "a.go", "a.rst", "Makefile"):
        for one in outline(name, text).entries:
            assert 0 < one.line <= text.count("\n") + 1
