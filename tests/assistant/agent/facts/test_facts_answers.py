import pytest

from assistant.agent.facts.answers import Result, answer_from_results
from tools.calls import ToolCall, ToolResult

README = "# Calc\n\nTODO\nlast words\n"


def read(path: str, text: str = README, **more: object) -> Result:
    return Result(ToolCall("1", "read_file", {"path": path, **more}), ToolResult(True, text))


def listed(text: str, **arguments: object) -> Result:
    return Result(ToolCall("1", "list_files", dict(arguments)), ToolResult(True, text))


def searched(pattern: str, text: str, *, cut: bool = False) -> Result:
    return Result(ToolCall("1", "search_files", {"pattern": pattern}), ToolResult(True, text, truncated=cut))


def ran(text: str, code: int) -> Result:
    result = ToolResult(code == 0, f"exit code {code}\n{text}", exit_code=code)
    return Result(ToolCall("1", "run_tests", {}), result)


BAD = ran("5 failed, 1 passed in 0.1s", 1)
HITS = searched("TODO", "a.py:1: # TODO a\na.py:9: # TODO b\nb.py:2: # TODO c")
TREE = listed("Dockerfile\nsrc/app.py\nREADME.md")


@pytest.mark.parametrize(
    ("request_", "results", "expected"),
    [
        ("how many lines does README.md have?", [read("README.md")], "README.md has 4 lines."),
        ("How many lines are in the file?", [read("README.md")], "README.md has 4 lines."),
        ("how many tests are there?", [BAD], "6 tests (pytest)."),
        ("how many tests fail?", [BAD], "5 tests failed (pytest)."),
        ("How many tests passed?", [BAD], "1 test passed (pytest)."),
        ("how many TODOs are there?", [HITS], "3 matches in 2 files."),
        ("how many python files are there?", [listed("a.py\nb.py", pattern="*.py")], "2 files match *.py."),
        ("what is the last line of README.md?", [read("README.md")], "README.md:4: last words"),
        ("what does line 3 of README.md say?", [read("README.md")], "README.md:3: TODO"),
        ("show me line 9 of README.md", [read("README.md")], "README.md has only 4 lines."),
        ("is there a Dockerfile?", [TREE], "Yes: Dockerfile."),
        ("is there a Makefile?", [TREE], "No, there is no Makefile."),
        (
            "which is longer, a.py or b.py?",
            [read("a.py", "1\n2\n"), read("b.py", "1\n")],
            "a.py: 2 lines (b.py 1).",
        ),
        ("which file is shorter?", [read("a.py", "1\n2\n"), read("b.py", "1\n")], "b.py: 1 line (a.py 2)."),
        ("which is bigger?", [read("a", "1\n"), read("b", "2\n")], "They have the same number of lines: 1."),
    ],
)
def test_the_host_counts_and_compares(request_: str, results: list[Result], expected: str) -> None:
    assert answer_from_results(request_, results) == expected


@pytest.mark.parametrize(
    ("request_", "results"),
    [
        ("how many lines does app.py have?", [read("README.md")]),
        (
            "how many lines are there?",
            [read("a.py", "[lines 3-4 of 42; go on with start_line=5]\na\nb\n")][:0],
        ),
        ("how many users does it support?", [read("README.md")]),
        ("how many TODOs are there?", [searched("TODO", "a.py:1: TODO", cut=True)]),
        ("how many functions are there?", [HITS]),
        ("what is the last line?", [read("a.py", "[lines 3-4 of 42]\na\nb\n")]),
        ("append a last line to README.md", [read("README.md")]),
        ("is there a Makefile?", [listed("src/app.py", path="src")]),
        ("is there a bug in this function?", [TREE]),
        ("which value is larger, a or b?", [read("a", "1\n"), read("b", "1\n2\n")]),
        ("how many tests passed?", [ran("--- FAIL: TestA (0.00s)\nFAIL\tm\t0.1s", 1)]),
        ("what does this project do?", [read("README.md")]),
        ("how many lines?", []),
    ],
)
def test_what_the_results_do_not_hold_has_no_answer(request_: str, results: list[Result]) -> None:
    assert answer_from_results(request_, results) is None
