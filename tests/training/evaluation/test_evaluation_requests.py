"""The requests that judge students: sound, none twice, in no prompt, and nowhere near what is trained on."""

import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from tools.protocol.calls import ANSWER
from tools.registry import builtin_registry
from tools.schema import validate
from training.evaluation.cases import ANY, Case, read_cases
from training.evaluation.reading_cases import ReadingCase, read_reading_cases
from training.evaluation.tasks import Task, read_tasks
from training.student.prompt import shipped_prompt

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "benchmarks" / "requests"
LONG_ENOUGH, COINCIDENCES = 20, 0.02
SIZES = {"plain": 300, "hard": 300, "restraint": 100, "paraphrases": 320}
TASKS = 110


@cache
def cases(name: str) -> tuple[Case, ...]:
    return read_cases(FOLDER / f"{name}.jsonl")


@cache
def tasks() -> tuple[Task, ...]:
    return read_tasks(FOLDER / "tasks")


@cache
def readings(name: str) -> tuple[ReadingCase, ...]:
    return read_reading_cases(FOLDER / "reading" / f"{name}.jsonl")


@cache
def trained_on() -> str:
    """The words of everything that students and the ranker learn from."""
    data = {".toml", ".jsonl", ".json", ".md", ".txt"}
    files = [path for path in (ROOT / "training").rglob("*") if path.suffix in data]
    return " ".join(words(path.read_text("utf-8")) for path in files)


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_each_set_is_whole_and_every_case_has_one_tag(name: str, size: int) -> None:
    assert len(cases(name)) == size
    assert all(len(case.tags) == 1 and case.signatures is None for case in cases(name))


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.slow
def test_every_expected_call_is_one_that_the_tool_takes(name: str) -> None:
    schemas = {tool.name: tool.parameters for tool in builtin_registry()}
    for case in cases(name):
        for right in case.expected:
            if right.tool == ANSWER:
                assert not right.arguments
                continue
            values = [[v for v in given if v is not None][:2] for given in right.arguments.values()]
            needed = schemas[right.tool].get("required", [])
            for chosen in product(*(one or [None] for one in values)):
                arguments = dict(zip(right.arguments, chosen, strict=True))
                made = {k: "x" if v == ANY else v for k, v in arguments.items() if v is not None}
                assert validate(schemas[right.tool], made) is None, case.id
            assert all(None not in right.arguments[name] for name in needed), case.id


def test_no_request_is_there_twice() -> None:
    seen: dict[str, str] = {}
    for name in SIZES:
        for case in cases(name):
            said = "\n".join(words(message.text) for message in case.messages) or case.id
            assert said not in seen, f"{case.id} is {seen.get(said)} again"
            seen[said] = case.id


def test_plain_requests_cover_every_tool_evenly() -> None:
    counted = [case.expected[0].tool for case in cases("plain")]
    names = {*builtin_registry().names(), ANSWER}
    assert set(counted) == names
    assert min(counted.count(name) for name in names) >= 20


def test_restraint_wants_nothing_but_answers() -> None:
    assert all(case.wants_answer for case in cases("restraint"))


def test_hard_requests_are_of_every_kind() -> None:
    kinds = [case.tags[0] for case in cases("hard")]
    assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == {
        "typos": 40,
        "languages": 50,
        "noise": 30,
        "indirect": 40,
        "near": 35,
        "exact": 35,
        "followup": 40,
        "missing": 30,
    }


def test_paraphrases_are_of_one_decision_five_times() -> None:
    groups: dict[str, list[Case]] = {}
    for case in cases("paraphrases"):
        groups.setdefault(case.group, []).append(case)
    assert all(len(group) == 5 and len({one.tags for one in group}) == 1 for group in groups.values())
    assert all(one.expected == group[0].expected for group in groups.values() for one in group)
    assert {case.tags[0] for case in cases("paraphrases")} == {*builtin_registry().names(), ANSWER}


def test_tasks_are_many_and_most_take_several_steps() -> None:
    assert len(tasks()) >= TASKS and len({task.repository for task in tasks()}) >= 25
    assert sum(len(task.solution.calls) >= 2 for task in tasks()) >= 0.6 * len(tasks())
    assert all(2 <= len({**task.files, **task.edits}) <= 8 for task in tasks())
    assert len({words(task.request) for task in tasks()}) == len(tasks())


def test_the_solution_of_every_task_is_of_calls_that_the_tools_take() -> None:
    schemas = {tool.name: tool.parameters for tool in builtin_registry()}
    for task in tasks():
        for call in task.solution.calls:
            assert validate(schemas[call.tool], call.arguments) is None, task.id


def test_readings_fit_and_judge_a_student_on_different_texts() -> None:
    texts = {name: {case.passage.lines for case in readings(name)} for name in ("fit", "judge")}
    assert all(len(each) == 36 for each in texts.values()) and not texts["fit"] & texts["judge"]
    for name in texts:
        unanswered = [case for case in readings(name) if case.form == "none"]
        assert len(readings(name)) >= 300 and len(unanswered) == 72
        assert all(case.passage.lines[place].strip() for case in readings(name) for place in case.lines)


def test_requests_for_servers_want_offered_tools_or_none() -> None:
    given = cases("servers")
    assert sum(case.wants_answer for case in given) == 28
    for case in given:
        offered = {tool.name for tool in case.signatures or ()} | {ANSWER}
        assert all(right.tool in offered for right in case.expected), case.id


def test_no_request_is_an_example_of_the_prompt() -> None:
    examples = {words(one.text) for one in shipped_prompt("small").examples if one.role == "user"}
    assert not [case.id for name in SIZES for case in cases(name) if words(case.request) in examples]
    assert not [task.id for task in tasks() if words(task.request) in examples]


def requests_of(name: str) -> list[str]:
    if name == "reading":
        return [case.question for each in ("fit", "judge") for case in readings(each)]
    return [one.request for one in (tasks() if name == "tasks" else cases(name))]


@pytest.mark.parametrize("name", [*SIZES, "tasks", "servers", "reading"])
def test_no_set_stands_in_what_a_student_is_trained_on(name: str) -> None:
    """Two people may say the same, so a few requests may be anywhere; a set that was used is there whole."""
    said = [words(one) for one in requests_of(name)]
    known = [one for one in said if len(one) >= LONG_ENOUGH and one in trained_on()]
    assert len(known) <= len(said) * COINCIDENCES, known


def test_no_file_of_a_task_stands_in_what_a_student_is_trained_on() -> None:
    texts = {words(text) for task in tasks() for text in {**task.files, **task.edits}.values()}
    assert [one for one in texts if len(one) >= LONG_ENOUGH and one in trained_on()] == []
