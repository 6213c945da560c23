"""Which kind of program a call ran, or a sentence speaks of: tests, a linter, a build."""

import re
from collections.abc import Sequence

from assistant.agent.facts.record import Ran

_COMMANDS = {
    "tests": r"pytest|py\.test|unittest|jest|vitest|mocha|tox|nox|\btests?\b",
    "lint": r"ruff|flake8|eslint|pylint|mypy|pyright|black|clippy|golangci|prettier|shellcheck|\blint",
    "build": r"\bbuild\b|\bmake\b|\btsc\b|\bgcc\b|\bclang\b|cmake|\bcargo check\b|javac|webpack|vite build",
}
_WORDS = {
    "tests": r"\btests?\b|\btest suite\b|\bsuite\b|\bpytest\b|\bunittest\b|\bjest\b",
    "lint": r"\blint(?:er|ing|s)?\b|\b(?:ruff|flake8|eslint|pylint|mypy)\b|\btype check(?:er|s)?\b",
    "build": r"\bbuil[dt]s?\b|\bcompil\w+\b|\bmake\b",
}
_PROGRAMS = ("run_shell", "run_python", "run_tests")
_NOT_PROGRAMS = (
    "read_file",
    "write_file",
    "edit_file",
    "list_files",
    "search_files",
    "search_docs",
    "git_diff",
    "web_search",
    "fetch_url",
)


def programs(ran: Sequence[Ran]) -> list[Ran]:
    """The calls that ran a program: commands, code, tests, and other tools than the built-in ones."""
    return [one for one in ran if one.tool not in _NOT_PROGRAMS]


def of_kind(ran: Sequence[Ran], kind: str) -> list[Ran]:
    """Those of ``ran`` that ran tests, a linter or a build."""
    if kind == "tests":
        return [one for one in ran if one.tool == "run_tests" or one.runner or _is(kind, one.what)]
    return [one for one in ran if one.tool in _PROGRAMS and _is(kind, one.what)]


def run_kind(text: str) -> str:
    """What kind of program ``text`` speaks of; empty where of none or no known one."""
    return next((kind for kind, words in _WORDS.items() if re.search(words, text, re.IGNORECASE)), "")


def _is(kind: str, command: str) -> bool:
    return re.search(_COMMANDS[kind], command) is not None
