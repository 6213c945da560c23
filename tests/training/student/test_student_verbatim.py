"""Paths and names that differ from what was said by the case of their letters only, and all that stays."""

from typing import Any

import pytest

from tools.protocol.messages import Message
from training.student.verbatim import kept_verbatim, names_in

STRING = {"type": "string", "description": "a path"}
SCHEMA: dict[str, Any] = {"properties": {"path": STRING, "text": STRING}, "required": ["path"]}


def kept(value: str, *said: str, schema: dict[str, Any] = SCHEMA) -> Any:
    messages = [Message("user", text) for text in said]
    return kept_verbatim({"path": value}, schema, messages)["path"]


@pytest.mark.parametrize(
    ("said", "written", "meant"),
    [
        ("open AGENTS.md", "agents.md", "AGENTS.md"),
        (
            "read src/Utils/StringHelper.java, please.",
            "src/utils/stringhelper.java",
            "src/Utils/StringHelper.java",
        ),
        ("what's in `lib/My Module.py`?", "lib/my module.py", "lib/My Module.py"),
        ("find FIXME", "FixME", "FIXME"),
        ("where is getHTTPResponse?", "gethttpresponse", "getHTTPResponse"),
        ("look at (CMakeLists.txt)", "cmakelists.txt", "CMakeLists.txt"),
        ("öffne ÜBERSICHT.md", "übersicht.md", "ÜBERSICHT.md"),
    ],
)
def test_what_was_said_is_written_as_it_was_said(said: str, written: str, meant: str) -> None:
    assert kept(written, said) == meant


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Docs: what is in there?", "docs"),
        ("Which Python version do I have?", "python"),
        ("open AGENTS.md", "docs/agents.md"),
        ("open AGENTS.md", "agents.md.bak"),
        ("compare README.md with readme.md", "readme.md"),
        ("compare README.md with readme.md", "README.md"),
        ("", "a.py"),
    ],
)
def test_all_else_stays(said: str, written: str) -> None:
    assert kept(written, said) == written


def test_the_newest_saying_counts_and_the_student_s_own_words_do_not() -> None:
    assert kept("readme.md", "open README.md", "no, I mean Readme.md") == "Readme.md"
    own = [Message("user", "open README.md"), Message("assistant", "Readme.md it is")]
    assert kept_verbatim({"path": "readme.md"}, SCHEMA, own) == {"path": "README.md"}


def test_a_name_from_a_tool_s_result_counts() -> None:
    listed = [
        Message("user", "list the files"),
        Message("tool", "src/\nMakefile.am\nREADME.md", tool="list_files"),
    ]
    assert kept_verbatim({"path": "makefile.am"}, SCHEMA, listed) == {"path": "Makefile.am"}


def test_only_free_strings_are_touched() -> None:
    schema: dict[str, Any] = {"properties": {"path": {"type": "string", "enum": ["a.md", "A.md"]}}}
    assert kept("a.md", "open A.md", schema=schema) == "a.md"
    arguments = {"path": "a.md", "line": 3, "other": ["a.md"]}
    assert kept_verbatim(arguments, SCHEMA, [Message("user", "open A.md")]) == {**arguments, "path": "A.md"}


def test_names_are_found_among_words() -> None:
    text = "Please open ./src/a.py, the `big file.txt`, and HTTPServer; then say 'Hello there'."
    assert {"./src/a.py", "big file.txt", "HTTPServer", "Hello there"} <= set(names_in(text))
    assert not {"Please", "then", "and"} & set(names_in(text))
