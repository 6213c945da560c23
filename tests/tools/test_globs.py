"""Patterns of paths: what they name, and that none of them takes long.

Time is not measured: each case is work that backtracking would not end in years.
"""

import os
from pathlib import Path

import pytest

from assistant.completion import FileIndex
from tools.base import ToolContext
from tools.builtin import tree
from tools.calls import Risk, ToolCall
from tools.executor import Executor
from tools.globs import Glob, GlobError, IgnoreRules
from tools.permissions.book import Permissions
from tools.permissions.rules import RuleError, parse_rule
from tools.permissions.settings import PermissionSettings
from tools.registry import builtin_registry

NAME = "a" * 250
ENDLESS = [
    "*a" * 120 + "b",
    "**/" * 150 + "b",
    "?*" * 200 + "b",
    "[a-z]*" * 80 + "B",
    "/*a" + "*a" * 99 + "/b",
]
UNREADABLE = ["[z-a]", "\\", "[[:foo:]]", "", "# comment", "a" * 501]


@pytest.mark.parametrize("pattern", ENDLESS)
def test_B10_a_pattern_of_paths_is_matched_in_linear_time(pattern: str, workspace: Path) -> None:
    assert not Glob(pattern).matches(f"{NAME}/{NAME}/{NAME}")
    assert IgnoreRules([pattern]).verdict(f"{NAME}/{NAME}") is None


@pytest.mark.parametrize("pattern", UNREADABLE)
def test_B10_a_pattern_that_cannot_be_read_is_said(pattern: str) -> None:
    with pytest.raises(GlobError) as problem:
        Glob(pattern)
    assert len(str(problem.value).splitlines()) == 1
    assert IgnoreRules([pattern, "*.log"]).verdict("a.log") is True


def test_an_ignore_file_means_what_git_means() -> None:
    rules = IgnoreRules(["*.log", "!keep.log", "build/", "/root.txt"])
    said = {path: rules.verdict(path) for path in ("a.log", "x/keep.log", "build/", "build", "x/root.txt")}
    assert said == {"a.log": True, "x/keep.log": False, "build/": True, "build": None, "x/root.txt": None}


def test_B10_more_patterns_than_one_automaton_takes_are_all_there() -> None:
    rules = IgnoreRules([f"dir{number}/**/x*{number}*.py" for number in range(600)] + ["!dir7/**/x*7*.py"])
    assert rules.verdict("dir599/a/b/x599z.py") is True
    assert rules.verdict("dir7/a/x7.py") is False
    assert IgnoreRules(["*.x"] * 2000 + ["*.py"]).verdict("a.py") is None, "beyond the bound"


def test_C08_names_that_are_no_utf8_are_matched() -> None:
    name = os.fsdecode(b"a\xff.log")
    assert IgnoreRules(["*.log"]).verdict(name) is True
    assert Glob("*.log").matches(name) and not Glob("*.txt").matches(name)


async def test_B10_hostile_ignore_files_and_patterns_leave_the_tools_at_work(workspace: Path) -> None:
    hostile = [*ENDLESS, *UNREADABLE, *(f"*{number}*{number}*{number}*" for number in range(300)), "*.log"]
    (workspace / ".gitignore").write_text("\n".join(hostile))
    (workspace / NAME).write_text("needle\n")
    (workspace / "b.log").write_text("needle\n")
    executor = Executor(builtin_registry(), ToolContext(workspace))
    listed = await executor.run(ToolCall("1", "list_files", {}))
    assert listed.text == f".gitignore\n{NAME}"
    for pattern in ENDLESS:
        said = await executor.run(ToolCall("1", "list_files", {"pattern": pattern}))
        assert said.text.startswith("no file in . matches")
    refused = await executor.run(ToolCall("1", "list_files", {"pattern": "[z-a]"}))
    assert refused.text == "the pattern [z-a]: it cannot be read as a pattern of paths"
    assert FileIndex(workspace).files() == [".gitignore", NAME]


async def test_B10_ignore_files_that_take_too_long_end_the_walk(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "_MOST_SECONDS", -1.0)
    (workspace / "a").write_text("")
    for tool, given in (("list_files", {}), ("search_files", {"pattern": "x"})):
        said = await Executor(builtin_registry(), ToolContext(workspace)).run(ToolCall("1", tool, given))
        assert not said.success and "the ignore files take too long" in said.text


@pytest.mark.parametrize("pattern", ENDLESS)
def test_B10_rules_on_paths_and_words_are_judged_in_linear_time(pattern: str, workspace: Path) -> None:
    settings = PermissionSettings(deny=(f"write_file({pattern})", "run_shell(echo " + "*a" * 300 + "b)"))
    book = Permissions("ask", settings, workspace)
    write = ToolCall("1", "write_file", {"path": f"{NAME}/{NAME}", "content": ""})
    assert book.judge(write, Risk.WRITE).verdict == "ask"
    shell = ToolCall("1", "run_shell", {"command": "echo " + "a" * 50_000})
    assert book.judge(shell, Risk.EXECUTE).verdict == "ask"
    shell = ToolCall("1", "run_shell", {"command": "echo " + "a" * 50_000 + "b"})
    assert book.judge(shell, Risk.EXECUTE).verdict == "deny"


@pytest.mark.parametrize(
    "rule", ["write_file([z-a])", "read_file(" + "a" * 3000 + ")", "run_shell(" + "a " * 3000 + ")"]
)
def test_B10_a_rule_that_cannot_be_judged_is_no_rule(rule: str) -> None:
    with pytest.raises(RuleError) as problem:
        parse_rule(rule)
    assert len(str(problem.value).splitlines()) == 1


def test_stars_in_a_row_are_one() -> None:
    assert parse_rule("run_shell(git * * * *)").words == ("git", "*")
    assert parse_rule("run_shell(= " + "a " * 3000 + ")").exact, "a command that was approved may be long"
