import pytest

from assistant.agent.facts.counts import count_tests
from assistant.agent.facts.diffs import Changed, changes_in
from assistant.agent.facts.record import Facts
from assistant.agent.facts.summary import NOTHING_CHANGED, quiet_line, summarise
from tools.calls import ToolCall, ToolResult

PYTEST = "....F\n=== short test summary info ===\nFAILED a.py::b\n5 failed, 1 passed in 0.81s"
GO = "--- FAIL: TestAdd (0.00s)\n    a_test.go:8: 3\nFAIL\nFAIL\tx.org/a\t0.004s\nok  \tx.org/b\t0.002s\n"
CARGO = """
test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.02s
   Doc-tests demo
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
"""


def facts_of(*acts: tuple[str, dict[str, object], ToolResult, str]) -> Facts:
    facts = Facts()
    for number, (tool, arguments, result, by) in enumerate(acts):
        facts = facts.with_call(ToolCall(str(number), tool, arguments), result, by)
    return facts


def ran(text: str, code: int = 0) -> ToolResult:
    return ToolResult(code == 0, f"exit code {code}\n{text}", exit_code=code)


@pytest.mark.parametrize(
    ("output", "code", "expected"),
    [
        (PYTEST, 1, ("pytest", 1, 5, 0, 0)),
        ("== 3 passed, 2 skipped, 1 xfailed, 1 warning in 12.30s (0:00:12) ==", 0, ("pytest", 3, 0, 0, 3)),
        ("ERROR tests/test_a.py\n1 error in 0.12s", 2, ("pytest", 0, 0, 1, 0)),
        ("no tests ran in 0.01s", 5, ("pytest", 0, 0, 0, 0)),
        ("Ran 6 tests in 0.002s\n\nFAILED (failures=1, errors=2, skipped=1)", 1, ("unittest", 2, 1, 2, 1)),
        ("Ran 6 tests in 0.002s\n\nOK", 0, ("unittest", 6, 0, 0, 0)),
        ("Tests:       1 failed, 1 skipped, 5 passed, 7 total\nTime:        1.2 s", 1, ("jest", 5, 1, 0, 1)),
        (" Test Files  1 failed (1)\n      Tests  1 failed | 4 passed (5)", 1, ("vitest", 4, 1, 0, 0)),
        ("  5 passing (10ms)\n  1 pending\n  2 failing\n", 2, ("mocha", 5, 2, 0, 1)),
        ("# tests 3\n# pass 2\n# fail 1\n# duration_ms 41.2", 1, ("node", 2, 1, 0, 0)),
        (CARGO, 101, ("cargo test", 4, 1, 0, 2)),
        ("--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL\tm\t0.1s", 1, ("go test", 1, 1, 0, 0)),
    ],
)
def test_tests_are_counted(output: str, code: int, expected: tuple[object, ...]) -> None:
    found = count_tests(output, code)
    names = ("passed", "failed", "errors", "skipped")
    assert (found.runner, *(found.numbers[name] for name in names)) == expected


def test_go_without_v_does_not_know_how_many_passed() -> None:
    assert count_tests(GO, 1).numbers == {"failed": 1, "errors": 0, "packages": 2}


def test_a_go_package_that_does_not_build_is_an_error() -> None:
    assert count_tests("FAIL\texample.com/a [build failed]\nFAIL", 1).numbers["errors"] == 1


@pytest.mark.parametrize(("output", "code"), [("6 passed in 0.1s", 1), ("2 failed in 0.1s", 0), ("done", 0)])
def test_counts_that_the_exit_code_contradicts_are_none(output: str, code: int) -> None:
    assert not count_tests(output, code).numbers


def test_a_program_that_is_no_test_run_counts_no_tests() -> None:
    facts = facts_of(("run_shell", {"command": "cat old.log"}, ran("5 passed in 0.1s"), "mode"))
    assert not facts.ran[0].counts


def test_a_sentence_per_result() -> None:
    created = "--- /dev/null\n+++ b/notes.txt\n@@ -0,0 +1,5 @@\n+1\n+2\n+3\n+4\n+--- 5\n"
    assert summarise(facts_of(("run_tests", {}, ran(PYTEST, 1), "person"))) == (
        "5 tests failed, 1 passed (pytest, 0.8 s)."
    )
    written = ToolResult(True, "created", diff=created)
    assert summarise(facts_of(("write_file", {"path": "notes.txt"}, written, "person"))) == (
        "Wrote notes.txt (+5 lines)."
    )
    matches = ToolResult(True, "a.py:1: x\na.py:9: x\nb.py:3: x\n[a note]")
    assert summarise(facts_of(("search_files", {"pattern": "x"}, matches, "mode"))) == "3 matches in 2 files."
    lines = ToolResult(True, "line\n" * 42)
    assert summarise(facts_of(("read_file", {"path": "README.md"}, lines, "mode"))) == "README.md, 42 lines."
    some = ToolResult(True, "[lines 3-4 of 42]\na\nb\n")
    assert summarise(facts_of(("read_file", {"path": "a"}, some, "mode"))) == "a, 2 of 42 lines."
    listed = ToolResult(True, "a.py\nsrc/\n[only the first level is shown]")
    assert summarise(facts_of(("list_files", {}, listed, "mode"))) == "2 entries."
    assert summarise(facts_of(("run_shell", {"command": "make"}, ran("", 2), "mode"))) == (
        "run_shell make ended with exit code 2."
    )


def test_what_was_refused_or_failed_changed_nothing() -> None:
    refused = ToolResult(False, "the person refused this call")
    facts = facts_of(("write_file", {"path": "notes.txt", "content": "1"}, refused, "refused"))
    assert summarise(facts) == "write_file notes.txt was refused. Nothing was changed."
    assert quiet_line(facts) == "write_file notes.txt refused"
    missing = ToolResult(False, "a.py does not exist; write_file creates it")
    failed = facts_of(("edit_file", {"path": "a.py"}, missing, "mode"))
    assert summarise(failed).endswith("a.py does not exist; write_file creates it. Nothing was changed.")
    assert summarise(Facts()) == NOTHING_CHANGED
    assert quiet_line(Facts()) == ""


def test_two_changes_of_a_file_stand_there_once() -> None:
    diff = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n"
    edited = ToolResult(True, "changed", diff=diff)
    facts = facts_of(*(("edit_file", {"path": "a.py"}, edited, "mode") for _ in range(2)))
    assert facts.changed == (Changed("a.py", 2, 2),)
    assert summarise(facts) == "Changed a.py (+2 −2 lines)."


def test_facts_survive_json_and_undo() -> None:
    diff = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n"
    facts = facts_of(
        ("edit_file", {"path": "a.py"}, ToolResult(True, "changed", diff=diff), "mode"),
        ("run_tests", {}, ran(PYTEST, 1), "mode"),
    ).with_interrupted(ToolCall("9", "run_shell", {"command": "sleep 9"}), "interrupted")
    assert Facts.from_dict(facts.to_dict()) == facts
    undone = facts.with_undone(["a.py", "b.py"])
    assert (undone.changed, undone.undone) == ((), ("a.py",))
    assert undone.to_dict()["changed"] == []


def test_lines_of_a_file_are_no_headers_of_a_diff() -> None:
    changed = "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,1 @@\n--- a comment\n a\n"
    diff = f"{changed}--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+1\n"
    assert changes_in(diff) == [Changed("q.sql", 0, 1), Changed("n", 1, 0, "created")]


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y", None, "1 file differs."),
        (
            "diff --git a/b b/b\nBinary files differ\n\nnew files that git does not track:\nc",
            None,
            "2 files differ.",
        ),
        ("no changes since the last commit", "src", "No changes in src."),
    ],
)
def test_what_a_diff_covers_is_said(text: str, path: str | None, expected: str) -> None:
    call = ToolCall("1", "git_diff", {"path": path} if path else {})
    assert summarise(Facts().with_call(call, ToolResult(True, text), "mode")) == expected


def test_a_search_is_told_by_its_pattern() -> None:
    call = ToolCall("1", "search_files", {"pattern": "csv", "path": "notes.txt"})
    assert (
        summarise(Facts().with_call(call, ToolResult(True, "no match for csv"), "mode"))
        == "No match for csv."
    )
