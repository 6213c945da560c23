"""Questions that the host counts or compares for, in many wordings; and near ones that it leaves alone."""

import pytest

from assistant.agent.facts.answers import Result, answer_from_results
from tools.calls import ToolCall, ToolResult

APP = '"""App."""\nimport os\n\n\nclass Shop:\n    def sell(self):\n        pass\n\n\ndef main():\n    pass\n'
LISTING = "Dockerfile\nREADME.md\ndocs/a.md\nsrc/app.py\nsrc/util.py\ntests/test_app.py"


def did(tool: str, text: str, *, cut: bool = False, success: bool = True, **arguments: object) -> Result:
    return Result(ToolCall("1", tool, dict(arguments)), ToolResult(success, text, truncated=cut))


def suite_run(text: str, code: int) -> Result:
    text = f"exit code {code}\n{text}"
    return Result(ToolCall("1", "run_tests", {}), ToolResult(code == 0, text, exit_code=code))


README = did("read_file", "# Calc\n\nTODO\nlast words\n", path="README.md")
CODE = did("read_file", APP, path="src/app.py")
NUMBERS = did("read_file", "3\n17\n-4\n", path="numbers.txt")
EMPTY = did("read_file", "empty.txt is empty", path="empty.txt")
TREE = did("list_files", LISTING)
PYTHON = did("list_files", "src/app.py\nsrc/util.py", pattern="*.py")
NO_MAKEFILE = did("list_files", "no file in . matches Makefile", pattern="Makefile")
TODOS = did("search_files", "a.py:1: # TODO a\na.py:9: # TODO b\nb.py:2: # TODO c", pattern="TODO")
NONE = did("search_files", "no match for foo in .", pattern="foo")
BAD, GOOD = suite_run("5 failed, 1 passed in 0.1s", 1), suite_run("6 passed in 0.1s", 0)
DIFF = did(
    "git_diff", "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n\nnew files that git does not track:\nb.py"
)
TWO = [did("read_file", "1\n2\n", path="a.py"), did("read_file", "1\n", path="b.py")]

LINES = "README.md has 4 lines."
ASKED: list[tuple[list[Result], str, list[str]]] = [
    (
        [README],
        LINES,
        [
            "how many lines does README.md have?",
            "How many lines are in README.md",
            "how many lines are there in README.md?",
            "how may lines has README.md",
            "how much lines does README.md have",
            "number of lines in README.md",
            "what is the number of lines in README.md?",
            "what's the line count of README.md?",
            "count the lines in README.md",
            "count the lines of README.md",
            "how long is README.md?",
            "how many lines of text are in README.md?",
            "wie viele Zeilen hat README.md?",
            "wieviele zeilen hat README.md",
            "¿cuántas líneas tiene README.md?",
            "combien de lignes dans README.md ?",
            "Tell me how many lines README.md has.",
        ],
    ),
    (
        [CODE],
        "src/app.py has 11 lines.",
        ["how many loc does src/app.py have?", "how many lines of code are in app.py?"],
    ),
    (
        [CODE],
        "src/app.py has 2 functions: sell, main.",
        ["how many functions are in src/app.py?", "number of functions in app.py"],
    ),
    (
        [CODE],
        "src/app.py has 1 class: Shop.",
        ["how many classes does src/app.py define?", "count the classes in app.py"],
    ),
    ([CODE], "src/app.py has 1 method: sell.", ["how many methods are there in src/app.py?"]),
    (
        [README],
        "README.md has 5 words.",
        ["how many words does README.md have?", "count the words in README.md"],
    ),
    (
        [TODOS],
        "3 matches in 2 files.",
        [
            "how many TODOs are there?",
            "how many TODOs are left?",
            "count the TODOs",
            "how many todo comments are there",
            "number of TODOs",
            "how many times does TODO occur?",
            "how many matches?",
            "how many hits are there for TODO",
            "how many occurrences of TODO are there?",
            "wie viele TODOs gibt es?",
            "cuántos TODO hay?",
        ],
    ),
    ([TODOS], "2 files.", ["how many files contain TODO?", "how many files mention TODO"]),
    ([TODOS], "3 lines in 2 files.", ["how many lines contain TODO?"]),
    (
        [BAD],
        "6 tests (pytest).",
        [
            "how many tests are there?",
            "how many tests does this project have?",
            "number of tests",
            "count the tests",
            "wie viele Tests gibt es?",
            "combien de tests ?",
            "how many unit tests are there?",
        ],
    ),
    (
        [BAD],
        "5 tests failed (pytest).",
        [
            "how many tests fail?",
            "how many tests failed?",
            "how many of the tests fail",
            "how many tests are failing?",
            "wie viele Tests sind fehlgeschlagen?",
            "number of tests that failed",
        ],
    ),
    (
        [BAD],
        "1 test passed (pytest).",
        ["How many tests passed?", "how many tests succeeded?", "how many tests are green"],
    ),
    (
        [BAD],
        "No: 5 tests failed, 1 passed (pytest).",
        [
            "do the tests pass?",
            "did all tests pass?",
            "are all tests green?",
            "are the tests ok?",
            "is the test suite green?",
            "does the test suite pass?",
        ],
    ),
    ([BAD], "Yes: 5 tests failed, 1 passed (pytest).", ["did any tests fail?", "are any tests failing?"]),
    ([GOOD], "Yes: 6 tests passed (pytest).", ["do all tests pass?", "did the tests succeed?"]),
    ([GOOD], "No: 6 tests passed (pytest).", ["did any test fail?"]),
    (
        [TREE],
        "6 files.",
        [
            "how many files are there?",
            "how many files does this project have?",
            "count the files",
            "number of files",
            "count all files",
            "wie viele Dateien gibt es?",
            "cuántos archivos hay?",
        ],
    ),
    (
        [TREE],
        "3 files end with .py.",
        ["how many python files are there?", "how many .py files", "count the python files"],
    ),
    ([TREE], "2 files end with .md.", ["how many markdown files do we have?"]),
    (
        [TREE],
        "3 folders: docs, src, tests.",
        ["how many folders are there?", "how many directories does it have?"],
    ),
    ([PYTHON], "2 files match *.py.", ["how many python files are there?"]),
    (
        [DIFF],
        "2 files differ from the last commit.",
        ["how many files changed?", "how many files have I modified?"],
    ),
    (
        [README],
        "README.md:4: last words",
        [
            "what is the last line of README.md?",
            "what's the final line of README.md",
            "show the last line of README.md",
            "print the bottom line of README.md",
            "last line of README.md?",
            "what is line 4 of README.md?",
            "what does the fourth line of README.md say?",
            "what is the 4th line in README.md?",
            "what does README.md end with?",
            "Was ist die letzte Zeile von README.md?",
        ],
    ),
    (
        [README],
        "README.md:1: # Calc",
        [
            "what is the first line of README.md?",
            "show me line 1 of README.md",
            "what does README.md start with?",
            "the top line of README.md please",
        ],
    ),
    (
        [README],
        "README.md:3: TODO",
        ["what does line 3 of README.md say?", "what is the second to last line of README.md?"],
    ),
    ([README], "README.md:1: # Calc\nREADME.md:2: ", ["what are the first 2 lines of README.md?"]),
    ([README], "README.md has only 4 lines.", ["show me line 9 of README.md"]),
    (
        [TREE],
        "Yes: Dockerfile.",
        [
            "is there a Dockerfile?",
            "does this project have a Dockerfile?",
            "do we have a dockerfile?",
            "have we got a Dockerfile?",
            "does Dockerfile exist?",
            "is the Dockerfile there?",
            "gibt es ein Dockerfile?",
            "hay un Dockerfile?",
            "any Dockerfile?",
            "y a-t-il un Dockerfile ?",
        ],
    ),
    (
        [TREE],
        "No, there is no Makefile.",
        ["is there a Makefile?", "does the repo contain a Makefile?", "do you have a Makefile?"],
    ),
    ([NO_MAKEFILE], "No, there is no Makefile.", ["is there a Makefile?"]),
    ([TREE], "Yes, there is no Makefile.", ["is the Makefile missing?"]),
    ([TREE], "Yes: src/app.py.", ["is there a file called app.py?", "does app.py exist?"]),
    (
        TWO,
        "a.py: 2 lines (b.py 1).",
        [
            "which is longer, a.py or b.py?",
            "which file is larger?",
            "which one is bigger",
            "what is the longest file?",
            "which has more lines, a.py or b.py?",
            "welche Datei ist länger?",
        ],
    ),
    (
        TWO,
        "b.py: 1 line (a.py 2).",
        ["which file is shorter?", "which is smaller, a.py or b.py?", "which has fewer lines?"],
    ),
    (TWO, "Yes, a.py: 2 lines (b.py 1).", ["is a.py longer than b.py?"]),
    (TWO, "No, a.py: 2 lines (b.py 1).", ["is b.py larger than a.py?"]),
    ([EMPTY], "Yes, empty.txt is empty.", ["is empty.txt empty?"]),
    ([README], "No, README.md has 4 lines.", ["is README.md empty?"]),
    (
        [NUMBERS],
        "numbers.txt:2: 17",
        ["what is the largest number in numbers.txt?", "the biggest number in numbers.txt"],
    ),
    ([NUMBERS], "numbers.txt:3: -4", ["what is the smallest number in numbers.txt?"]),
    ([NUMBERS], "16.", ["what is the sum of the numbers in numbers.txt?"]),
    ([README], "Yes: README.md:3: TODO", ["does README.md contain TODO?", "does README.md mention todo?"]),
    ([README], "No, README.md does not contain pytest.", ["does README.md mention pytest?"]),
    ([NONE], "No, nothing matches foo.", ["does anything use foo?", "is foo used anywhere?"]),
]

LEFT_ALONE: list[tuple[list[Result], list[str]]] = [
    (
        [README],
        [
            "how many lines does app.py have?",
            "how many lines of code are in this project?",
            "how many empty lines are in README.md?",
            "how many lines in README.md start with #?",
            "how many lines should README.md have?",
            "how many users does it support?",
            "how many words per line has README.md?",
            "how long is a piece of string?",
            "delete the last line of README.md",
            "append a last line to README.md",
            "why is the last line of README.md wrong?",
            "what does the last line of app.py say?",
            "what does this project do?",
            "is README.md good?",
        ],
    ),
    ([TODOS], ["how many functions are there?", "how many FIXMEs are there?", "how many lines are there?"]),
    (
        [BAD],
        [
            "how many tests should I write?",
            "how many slow tests are there?",
            "which tests failed?",
            "why do the tests fail?",
        ],
    ),
    (
        [TREE],
        [
            "is there a bug in this function?",
            "how many changed files are there?",
            "how many test files are there?",
            "is there a way to do this?",
            "does this project have tests?",
        ],
    ),
    ([did("list_files", "src/app.py", path="src")], ["is there a Makefile?"]),
    (
        [did("list_files", "src/\n[only the first level is shown]")],
        ["how many files are there?", "is there a Makefile?"],
    ),
    ([did("search_files", "a.py:1: TODO", pattern="TODO", cut=True)], ["how many TODOs are there?"]),
    (
        TWO,
        [
            "which value is larger, a or b?",
            "which is better, a.py or b.py?",
            "which is longer, a.py or c.py?",
        ],
    ),
    (
        [suite_run("--- FAIL: TestA (0.00s)\nFAIL\tm\t0.1s", 1)],
        ["how many tests passed?", "how many tests are there?"],
    ),
    (
        [did("read_file", "[lines 3-4 of 42]\na\nb\n", path="a.py")],
        ["what is the last line?", "how many words does a.py have?"],
    ),
]


@pytest.mark.parametrize(("results", "expected", "wordings"), ASKED)
def test_what_is_counted(results: list[Result], expected: str, wordings: list[str]) -> None:
    said = {wording: answer_from_results(wording, results) for wording in wordings}
    assert said == dict.fromkeys(wordings, expected)


@pytest.mark.parametrize(("results", "wordings"), LEFT_ALONE)
def test_what_is_left_alone(results: list[Result], wordings: list[str]) -> None:
    said = {wording: answer_from_results(wording, results) for wording in wordings}
    assert said == dict.fromkeys(wordings)


def test_there_are_a_hundred_wordings() -> None:
    assert sum(len(wordings) for _, _, wordings in ASKED) >= 100
