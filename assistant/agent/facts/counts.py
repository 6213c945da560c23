"""Counts in the result of a call: tests, matches, lines, entries.

Invariant: a count that the exit code contradicts is no count, since what a program prints is only text.
Covered: pytest, unittest, jest, vitest, mocha, node:test, go test, cargo test. Not covered: their JSON and
XML reports.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.agent.facts.diffs import changes_in
from tools.calls import ToolCall, ToolResult

NEW_FILES = "new files that git does not track:\n"
"""What stands in a ``git_diff`` above the names of new files."""
_NOTE = re.compile(r"\[.*\]$")
_MATCH = re.compile(r"(.+?):\d+: ?")
_READ_HEAD = re.compile(r"\[(?:lines (\d+)-(\d+) of (\d+)|go on with|decoded as)[^\n]*\]\n")
_TEST_COMMAND = re.compile(
    r"\b(?:pytest|py\.test|unittest|jest|vitest|mocha|tox|nox|npm|pnpm|yarn|node|bun|make|just|cargo|go)\b"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True)
class Counts:
    """``runner`` and ``seconds`` only where tests were counted; ``seconds`` is what the test program said."""

    numbers: dict[str, int] = field(default_factory=dict)
    runner: str = ""
    seconds: float | None = None


def counts_of(call: ToolCall, result: ToolResult) -> Counts:
    """What there is to count in a result; empty where nothing is."""
    if call.tool == "run_tests":
        return count_tests(result.text, result.exit_code)
    if call.tool == "run_shell" and _TEST_COMMAND.search(str(call.arguments.get("command", ""))):
        return count_tests(result.text, result.exit_code)
    count = _COUNTERS.get(call.tool)
    return Counts(count(result.text)) if count and result.success else Counts()


def count_tests(output: str, exit_code: int | None) -> Counts:
    """The tests that ``output`` reports; none where it reports none, or the exit code says otherwise."""
    text = _COLOUR.sub("", output)
    found = next((counts for parse in _RUNNERS if (counts := parse(text))), Counts())
    bad = found.numbers.get("failed", 0) + found.numbers.get("errors", 0)
    good = found.numbers.get("passed", 0)
    if exit_code is None or (exit_code == 0 and bad) or (exit_code and good and not bad):
        return Counts()
    return found


def _pytest(text: str) -> Counts | None:
    lines = re.findall(r"(?m)^(?:=+ )?((?:\d+ [a-z ]+, )*\d+ [a-z ]+|no tests ran) in ([\d.]+)s\b", text)
    if not lines:
        return None
    summary, seconds = lines[-1]
    said = {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", summary)}
    if summary != "no tests ran" and not {"passed", "failed", "error", "errors", "skipped", "xfailed"} & {
        *said
    }:
        return None
    numbers = {
        "passed": said.get("passed", 0) + said.get("xpassed", 0),
        "failed": said.get("failed", 0),
        "errors": said.get("error", 0) + said.get("errors", 0),
        "skipped": said.get("skipped", 0) + said.get("xfailed", 0),
    }
    return Counts(numbers, "pytest", float(seconds))


def _unittest(text: str) -> Counts | None:
    ends = re.findall(
        r"(?m)^Ran (\d+) tests? in ([\d.]+)s\s+^(?:OK|FAILED|NO TESTS RAN)(?: \(([^)\n]*)\))?", text
    )
    if not ends:
        return None
    total, seconds, details = ends[-1]
    said = {name.strip(): int(number) for name, number in re.findall(r"([a-z ]+)=(\d+)", details)}
    failed = said.get("failures", 0) + said.get("unexpected successes", 0)
    errors = said.get("errors", 0)
    skipped = said.get("skipped", 0) + said.get("expected failures", 0)
    passed = max(int(total) - failed - errors - skipped, 0)
    numbers = {"passed": passed, "failed": failed, "errors": errors, "skipped": skipped}
    return Counts(numbers, "unittest", float(seconds))


def _jest(text: str) -> Counts | None:
    for runner, pattern, time in (
        ("jest", r"(?m)^Tests:\s+((?:\d+ \w+, )*\d+ total)", r"(?m)^Time:\s+([\d.]+) ?(ms|s|m)\b"),
        (
            "vitest",
            r"(?m)^\s*Tests\s+((?:\d+ \w+ \| )*\d+ \w+) \(\d+\)",
            r"(?m)^\s*Duration\s+([\d.]+)(ms|s|m)\b",
        ),
    ):
        if lines := re.findall(pattern, text):
            said = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", lines[-1])}
            skipped = said.get("skipped", 0) + said.get("todo", 0) + said.get("pending", 0)
            numbers = {"passed": said.get("passed", 0), "failed": said.get("failed", 0)}
            return Counts(numbers | {"errors": 0, "skipped": skipped}, runner, _duration(time, text))
    return None


def _mocha(text: str) -> Counts | None:
    passing = re.findall(r"(?m)^\s*(\d+) passing \(([\d.]+)(ms|s|m)\)", text)
    if not passing:
        return None
    number, time, unit = passing[-1]
    after = text[text.rindex(" passing (") :]
    rest = {word: int(count) for count, word in re.findall(r"(?m)^\s*(\d+) (failing|pending)\b", after)}
    numbers = {"passed": int(number), "failed": rest.get("failing", 0), "errors": 0}
    return Counts(numbers | {"skipped": rest.get("pending", 0)}, "mocha", float(time) * _SECONDS[unit])


def _node(text: str) -> Counts | None:
    said = dict(re.findall(r"(?m)^[#ℹ] (tests|pass|fail|skipped|todo|duration_ms) ([\d.]+)$", text))
    if not {"tests", "pass", "fail"} <= said.keys():
        return None
    numbers = {"passed": int(said["pass"]), "failed": int(said["fail"]), "errors": 0}
    skipped = int(said.get("skipped", 0)) + int(said.get("todo", 0))
    seconds = float(said["duration_ms"]) / 1000 if "duration_ms" in said else None
    return Counts(numbers | {"skipped": skipped}, "node", seconds)


def _cargo(text: str) -> Counts | None:
    ends = re.findall(
        r"(?m)^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;(?:.*finished in ([\d.]+)s)?",
        text,
    )
    if not ends:
        return None
    passed, failed, skipped = (sum(int(end[at]) for end in ends) for at in range(3))
    seconds = sum(float(end[3] or 0) for end in ends)
    numbers = {"passed": passed, "failed": failed, "errors": 0, "skipped": skipped}
    return Counts(numbers, "cargo test", seconds)


def _go(text: str) -> Counts | None:
    """Without ``-v`` go names only the tests that failed; the rest is counted in packages."""
    packages = re.findall(r"(?m)^(ok|FAIL|---|\?) ? *\t(\S+)(?:\t([\d.]+)s|.*)?", text)
    ended = [state for state, _, _ in packages if state in ("ok", "FAIL")]
    if not ended:
        return None
    outcomes = re.findall(r"(?m)^--- (PASS|FAIL|SKIP): ", text)
    broken = len(re.findall(r"(?m)^FAIL\t\S+ \[(?:build|setup) failed\]", text))
    numbers = {"failed": outcomes.count("FAIL"), "errors": broken, "packages": len(ended)}
    if "PASS" in outcomes or re.search(r"(?m)^=== RUN ", text):
        numbers |= {"passed": outcomes.count("PASS"), "skipped": outcomes.count("SKIP")}
    if "FAIL" in ended and not numbers["failed"] + numbers["errors"]:
        numbers["errors"] = ended.count("FAIL")
    return Counts(numbers, "go test", sum(float(time or 0) for _, _, time in packages))


def _duration(pattern: str, text: str) -> float | None:
    found = re.findall(pattern, text)
    return float(found[-1][0]) * _SECONDS[found[-1][1]] if found else None


_RUNNERS: tuple[Callable[[str], Counts | None], ...] = (_pytest, _unittest, _jest, _mocha, _node, _cargo, _go)


def _matches(text: str) -> dict[str, int]:
    names = [found[1] for line in text.split("\n") if (found := _MATCH.match(line))]
    return {"matches": len(names), "files": len({*names})}


def _lines(text: str) -> dict[str, int]:
    head = _READ_HEAD.match(text)
    if head and head[3]:
        return {"lines": int(head[3]), "shown": int(head[2]) - int(head[1]) + 1}
    body = text[head.end() :] if head else text
    if "\n" not in body and body.endswith(" is empty"):
        return {"lines": 0}
    return {"lines": len(body.splitlines())}


def _entries(text: str) -> dict[str, int]:
    lines = [line for line in text.split("\n") if line and not _NOTE.match(line)]
    if len(lines) == 1 and (lines[0].endswith(" is empty") or lines[0].startswith("no file in ")):
        return {"entries": 0, "files": 0}
    return {"entries": len(lines), "files": sum(not line.endswith("/") for line in lines)}


def _diffs(text: str) -> dict[str, int]:
    """Files whose lines differ, those that differ otherwise, and those that git does not track."""
    diff, _, new = text.partition(NEW_FILES)
    heads = len(re.findall(r"(?m)^diff --git ", diff))
    return {"files": len(changes_in(diff)) + heads + sum(bool(name.strip()) for name in new.splitlines())}


_COUNTERS: dict[str, Callable[[str], dict[str, int]]] = {
    "search_files": _matches,
    "read_file": _lines,
    "list_files": _entries,
    "git_diff": _diffs,
}
