"""The table of programs that run others: every entry takes effect, and nothing in it is idle."""

import re

import pytest

from tests.tools.permissions.judging import judge
from tools.permissions.parts import Part
from tools.permissions.runners import Runner, dangers, runner_of, table
from tools.permissions.shell import parse

ENTRIES = sorted(table().items())


def flags(runner: Runner) -> list[str]:
    short = [f"-{letter}" for letter in runner.short]
    return [*runner.words, *runner.from_here, *runner.prefixes, *short]


def only_part(command: str) -> Part:
    [part] = parse(command).parts
    return part


@pytest.mark.parametrize("name", [name for name, runner in ENTRIES if flags(runner)])
def test_D03_a_star_does_not_cover_a_flag_of_the_table(name: str) -> None:
    for flag in flags(table()[name]):
        judgement = judge(f"{name} a {flag} b", [f"run_shell({name} *)"])
        assert judgement.verdict == "ask", flag
        assert judgement.reasons


@pytest.mark.parametrize("name", [name for name, runner in ENTRIES if runner.words])
def test_D03_long_flags_are_known_by_abbreviation_and_with_a_value(name: str) -> None:
    for flag in table()[name].words:
        if not re.fullmatch(r"--\w[\w-]{4,}", flag):
            continue
        for spelling in (flag[:-1], f"{flag[:-1]}=x", f"{flag}=x"):
            assert judge(f"{name} a {spelling} b", [f"run_shell({name} *)"]).verdict == "ask", spelling


@pytest.mark.parametrize("name", [name for name, runner in ENTRIES if runner.whole])
def test_whole_programs_are_never_covered_by_a_star(name: str) -> None:
    for command in (name, f"{name} a", f"{name} a b"):
        assert judge(command, [f"run_shell({name} *)"]).verdict == "ask", command


@pytest.mark.parametrize("name", [name for name, runner in ENTRIES if runner.bare])
def test_interpreters_are_not_covered_without_a_file(name: str) -> None:
    for command in (name, f"{name} -", f"echo a | {name}", f"{name} -u"):
        assert judge(command, [f"run_shell({name} *)", "run_shell(echo *)"]).verdict == "ask", command


@pytest.mark.parametrize("name", [name for name, runner in ENTRIES if runner.first])
def test_what_runs_another_program_has_to_spell_it(name: str) -> None:
    assert judge(f"{name} tool --flag", [f"run_shell({name} *)"]).verdict == "ask"
    assert judge(f"{name} tool --flag", [f"run_shell({name} tool *)"]).verdict == "allow"
    assert judge(f"{name} python -c x", [f"run_shell({name} python *)"]).verdict == "ask"


def test_launchers_have_to_spell_what_they_launch() -> None:
    for command in ("npm run build", "poetry run tool -x", "docker exec box tool"):
        name, launcher, first, *_ = command.split()
        assert judge(command, [f"run_shell({name} *)"]).verdict == "ask"
        assert judge(command, [f"run_shell({name} {launcher} *)"]).verdict == "ask"
        assert judge(command, [f"run_shell({name} {launcher} {first} *)"]).verdict == "allow"


def test_no_program_is_named_twice() -> None:
    names = [
        name for runner in {id(each): each for each in table().values()}.values() for name in runner.names
    ]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "runner", {id(each): each for each in table().values()}.values(), ids=lambda r: r.names[0]
)
def test_every_entry_says_why_and_what(runner: Runner) -> None:
    assert runner.reason
    assert runner.model_fields_set - {"names", "reason"}


@pytest.mark.parametrize("program", ["python3.12", "/usr/bin/python3", "./python", "perl5", "pypy3.10"])
def test_versions_and_folders_do_not_hide_a_program(program: str) -> None:
    assert runner_of(program) is not None
    assert dangers(only_part(f"{program} -Bcme x"))


@pytest.mark.parametrize("program", ["ls", "pytest", "cat", "pythonx", "findx", ""])
def test_other_programs_are_not_in_the_table(program: str) -> None:
    assert runner_of(program) is None


@pytest.mark.parametrize(
    ("command", "dangerous"),
    [
        ("find src/*.py", False),
        ("find -*", True),
        ("find ?", True),
        ("find ~", True),
        ("find a$x", True),
        ("find {}", False),
        ("ls $x *", False),
    ],
)
def test_a_word_that_could_become_a_flag_is_one(command: str, dangerous: bool) -> None:
    assert bool(dangers(only_part(command))) is dangerous
