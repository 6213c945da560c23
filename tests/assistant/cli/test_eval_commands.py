"""``apprentice eval`` over a student behind a loopback endpoint, and over a GGUF where that is selected."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.main import main
from tests.assistant.cli.endpoint import Endpoint
from tests.training.student.loopback import Reply, called, refuse, said

CASES = [
    {
        "id": "read",
        "request": "open a.py",
        "expected": [{"tool": "read_file", "arguments": {"path": ["a.py"]}}],
        "tags": ["files"],
    },
    {"id": "thanks", "request": "thanks", "expected": [{"tool": "answer"}], "tags": ["talk"]},
    {
        "id": "find",
        "request": "find foo\x1b[2J",
        "expected": [{"tool": "search_files", "arguments": {"pattern": ["foo"]}}],
        "tags": ["files"],
    },
]


class Done:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def run_command(*arguments: object) -> Done:
        code = main(["eval", *(str(argument) for argument in arguments)])
        return Done(code, *capfd.readouterr())

    return run_command


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps(case) for case in CASES), encoding="utf-8")
    return file


def decide(body: dict[str, Any]) -> Reply:
    """Right, right, and the right tool with a wrong argument."""
    request = body["messages"][-1]["content"]
    if request == "thanks":
        return said("You are welcome.")
    if request == "open a.py":
        return called(("read_file", {"path": "a.py"}))
    return called(("search_files", {"pattern": "\x1b[31mbar"}))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(decide) as made:
        yield made


def test_the_contract_in_json(run: Callable[..., Done], cases: Path, endpoint: Endpoint) -> None:
    done = run("tools", "--cases", cases, "--model", endpoint.url, "--json")
    assert (done.code, done.err) == (0, "")
    facts = json.loads(done.out)
    assert (facts["cases"], facts["tool_accuracy"], facts["call_accuracy"]) == (3, 1.0, 0.6667)
    assert set(facts["latency_ms"]) == {"p50", "p95", "p99"}
    assert facts["latency_ms"]["p50"] > 0
    assert facts["prompt_tokens"] == 20
    assert (facts["restraint"], facts["parse_rate"], facts["ece"]) == (1.0, 1.0, None)
    assert facts["tags"]["files"] == {"cases": 2, "tool_accuracy": 1.0, "call_accuracy": 0.5}
    assert facts["tools"]["search_files"]["call_accuracy"] == 0.0
    (failure,) = facts["failures"]
    assert (failure["id"], failure["expected"]) == ("find", ["search_files(pattern='foo')"])
    assert failure["got"] == [{"tool": "search_files", "arguments": {"pattern": "\x1b[31mbar"}}]


def test_tools_are_narrowed_as_in_the_chat_and_widened_where_the_student_answers(
    run: Callable[..., Done], cases: Path, endpoint: Endpoint
) -> None:
    offered: list[list[str]] = []

    def answer_first(body: dict[str, Any]) -> Reply:
        offered.append([tool["function"]["name"] for tool in body.get("tools", [])])
        return said("Hm.") if len(offered) == 1 else decide(body)

    endpoint.rule = answer_first
    given = ("--cases", cases, "--model", endpoint.url, "--limit", 1, "--json")
    facts = json.loads(run("tools", *given, "--selection", "bundles").out)
    assert (facts["selection"], facts["call_accuracy"]) == ("bundles", 1.0)
    assert "read_file" in offered[0] and len(offered[0]) < len(offered[1]) == 12
    assert json.loads(run("tools", *given).out)["selection"] == "all"


def test_the_text_shows_the_figures_and_makes_foreign_text_inert(
    run: Callable[..., Done], cases: Path, endpoint: Endpoint
) -> None:
    done = run("tools", "--cases", cases, "--model", endpoint.url)
    assert done.code == 0
    assert "right call" in done.out and "66.7 %" in done.out
    assert "1 wrong\nfind: find foo" in done.out
    assert "\x1b" not in done.out


def test_every_decision_is_written_with_its_verdict(
    run: Callable[..., Done], cases: Path, endpoint: Endpoint, tmp_path: Path
) -> None:
    target = tmp_path / "decisions.jsonl"
    assert run("tools", "--cases", cases, "--model", endpoint.url, "--output", target).code == 0
    lines = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [one["case_id"] for one in lines] == ["read", "thanks", "find"]
    assert [one["verdict"]["call"] for one in lines] == [True, True, False]
    assert lines[1]["answer"] == "You are welcome."


def test_what_cannot_be_written_is_not_lost(
    run: Callable[..., Done], cases: Path, endpoint: Endpoint, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def take_the_folder_away(body: dict[str, Any]) -> Reply:
        if folder.exists():
            folder.rmdir()
        return decide(body)

    endpoint.rule = take_the_folder_away
    given = ("tools", "--cases", cases, "--model", endpoint.url)
    assert run(*given, "--output", folder / "decisions.jsonl").code == 1
    again = run(*given)
    assert (again.code, endpoint.asked) == (0, 3)
    assert "3 of 3 cases are done already" in again.err


def test_a_run_that_failed_goes_on_where_it_was_or_begins_anew(
    run: Callable[..., Done], cases: Path, endpoint: Endpoint
) -> None:
    def fail_at_find() -> None:
        endpoint.rule = lambda body: (
            refuse(401) if "find" in body["messages"][-1]["content"] else decide(body)
        )
        failed = run("tools", "--cases", cases, "--model", endpoint.url)
        assert failed.code == 1 and failed.err.count("\n") == 1
        endpoint.rule, endpoint.asked = decide, 0

    fail_at_find()
    done = run("tools", "--cases", cases, "--model", endpoint.url, "--json")
    assert json.loads(done.out)["cases"] == 3
    assert "2 of 3 cases are done already" in done.err
    assert endpoint.asked == 1
    fail_at_find()
    fresh = run("tools", "--cases", cases, "--model", endpoint.url, "--fresh")
    assert (fresh.err, endpoint.asked) == ("", 3)


def test_what_the_student_proposed_was_no_call_twice_is_counted(
    run: Callable[..., Done], cases: Path, endpoint: Endpoint
) -> None:
    endpoint.rule = lambda body: called(("no_such_tool", {}))
    facts = json.loads(run("tools", "--cases", cases, "--model", endpoint.url, "--json", "--limit", 1).out)
    assert (facts["parse_rate"], facts["tool_accuracy"], facts["latency_ms"]["p50"]) == (0.0, 0.0, None)
    assert "nothing usable, twice" in facts["failures"][0]["why"]


@pytest.mark.parametrize(("options", "ids"), [(["--limit", 1], ["read"]), (["--limit", 9], None)])
def test_a_part_of_the_cases(
    run: Callable[..., Done],
    cases: Path,
    endpoint: Endpoint,
    tmp_path: Path,
    options: list[object],
    ids: list[str] | None,
) -> None:
    target = tmp_path / "out.jsonl"
    run("tools", "--cases", cases, "--model", endpoint.url, "--output", target, *options)
    found = [json.loads(line)["case_id"] for line in target.read_text("utf-8").splitlines()]
    assert found == (ids or ["read", "thanks", "find"])


def test_a_seed_takes_cases_at_random_and_the_same_ones_again(
    run: Callable[..., Done], tmp_path: Path, endpoint: Endpoint
) -> None:
    many, target = tmp_path / "many.jsonl", tmp_path / "out.jsonl"
    many.write_text("\n".join(json.dumps({**CASES[1], "id": number}) for number in range(40)))

    def ids(seed: int) -> list[str]:
        run("tools", "--cases", many, "-m", endpoint.url, "--limit", 2, "--seed", seed, "--output", target)
        return [json.loads(line)["case_id"] for line in target.read_text("utf-8").splitlines()]

    assert ids(1) == ids(1) != ids(2)


def test_bfcl_is_scored_by_its_rules_beside_ours(
    run: Callable[..., Done], tmp_path: Path, endpoint: Endpoint
) -> None:
    function = {
        "name": "file.read",
        "description": "Read.",
        "parameters": {"type": "dict", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    }
    entry = {"id": "multiple_0", "question": [[{"role": "user", "content": "x"}]], "function": [function]}
    truth = {"id": "multiple_0", "ground_truth": [{"file.read": {"path": ["src/app.py"]}}]}
    (tmp_path / "possible_answer").mkdir()
    (tmp_path / "BFCL_v4_multiple.json").write_text(json.dumps(entry))
    (tmp_path / "possible_answer" / "BFCL_v4_multiple.json").write_text(json.dumps(truth))
    endpoint.rule = lambda body: called(("file.read", {"path": "SRC/app.py"}))
    given = ("--bfcl", tmp_path, "--category", "multiple", "--model", endpoint.url)
    facts = json.loads(run("tools", *given, "--json").out)
    assert (facts["tool_accuracy"], facts["call_accuracy"], facts["bfcl_accuracy"]) == (1.0, 0.0, 1.0)
    assert "right by BFCL" in run("tools", *given).out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--cases", "x", "--bfcl", "y", "--category", "multiple"),
        ("--bfcl", "y"),
        ("--cases", "x", "--category", "multiple"),
        ("--bfcl", "y", "--category", "nope"),
        ("--cases", "x", "--limit", "0"),
        ("--cases", "x", "--output", "no/such/folder/file"),
        ("--cases", "no-such-file"),
        ("--bfcl", "no-such-folder", "--category", "multiple"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(run: Callable[..., Done], arguments: tuple[str, ...]) -> None:
    done = run("tools", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_every_wrong_line_of_a_file_is_said(run: Callable[..., Done], tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(["{"] * 60), encoding="utf-8")
    done = run("tools", "--cases", file)
    lines = done.err.splitlines()
    assert (done.code, len(lines)) == (2, 51)
    assert lines[0].startswith(f"apprentice: {file}:1: not JSON")
    assert lines[-1] == "apprentice: and 10 more"


def test_a_student_without_a_confidence_cannot_be_calibrated(
    run: Callable[..., Done], cases: Path, endpoint: Endpoint
) -> None:
    done = run("calibrate", "--cases", cases, "--model", endpoint.url)
    assert (done.code, done.out) == (1, "")
    assert "0 decisions have a confidence" in done.err
