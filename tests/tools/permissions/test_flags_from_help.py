"""What programs say of their own options: each that the table does not list is asked, however written."""

from collections.abc import Iterator
from functools import cache

import pytest

from tests.tools.permissions.flags_from_help import Help, commands, options_of, read_help
from tests.tools.permissions.judging import judge
from tools.permissions.arguments import doubts
from tools.permissions.parts import Part
from tools.permissions.programs import Program
from tools.permissions.rules import parse_rule
from tools.permissions.words import literal

pytestmark = pytest.mark.slow


@cache
def asked_for_help() -> list[tuple[list[str], Program, Help]]:
    """The programs that are installed here, with what they say."""
    return [(command, program, options_of(command)) for command, program in commands()]


def spellings(option: str, program: Program) -> Iterator[list[str]]:
    """The forms of an option: alone, with a value, attached, abbreviated, in a cluster, after an operand."""
    listed = program.options()
    yield [option]
    yield [option, "p"]
    if not program.script:
        yield ["x", option, "p"]
    if option.startswith("--"):
        yield [f"{option}=p"]
        yield from ([option[:end]] for end in range(4, len(option)) if option[:end] not in listed)
        yield from ([f"{option[:end]}=p"] for end in range(4, len(option)) if option[:end] not in listed)
        return
    yield [f"{option}p"]
    harmless = sorted(each for each in program.without_value if len(each) == 2 and each[1].isalpha())
    yield from ([f"{each}{option[1:]}p"] for each in harmless[:8])


def passes(command: list[str], arguments: list[str]) -> bool:
    """Whether rules that end in ``*`` let it pass."""
    words = tuple(literal(each) for each in (*command, *arguments))
    part = Part(" ".join(word.text for word in words), words)
    rules = {" ".join(command), command[0]}
    return any(parse_rule(f"run_shell({rule} *)").covers_part(part, doubts(part)) for rule in rules)


def test_D03_an_option_that_is_not_listed_is_asked_in_every_form() -> None:
    passed: list[str] = []
    tried = 0
    for command, program, said in asked_for_help():
        for option in sorted(said.all - program.options()):
            for arguments in spellings(option, program):
                listed = {arguments[0], arguments[0].partition("=")[0]} & program.options()
                numeric = program.numbers and arguments[0][1:].isdigit()
                if not listed and not numeric and passes(command, arguments):
                    passed.append(" ".join((*command, *arguments)))
                tried += 1
    assert passed == []
    assert tried > 2000


def test_D03_options_take_the_values_that_the_programs_say() -> None:
    """A flag that is listed as one without a value, and takes one, would hide the word behind it."""
    wrong = [
        f"{' '.join(command)} {option}"
        for command, program, said in asked_for_help()
        if not program.complete
        for option in sorted(
            (program.without_value & said.with_value) | (program.with_value & said.without_value)
        )
    ]
    assert wrong == []


def test_a_program_that_is_said_to_be_listed_whole_is() -> None:
    artefacts = {"-NUM", "-M", "-?"}
    missing = {
        command[0]: left
        for command, program, said in asked_for_help()
        if program.complete and (left := said.all - program.options() - artefacts)
    }
    assert missing == {}


def test_the_help_of_git_is_read() -> None:
    text = "    -O, --open-files-in-pager[=<pager>]\n    -l, --list            names\n  --max=NUM  most\n"
    said = read_help(text)

    assert said.all == {"-O", "--open-files-in-pager", "-l", "--list", "--max"}
    assert (said.without_value, said.with_value) == ({"-l", "--list"}, {"--max"})


@pytest.mark.parametrize("option", ["-O", "-Otouch", "-lOtouch", "--open-files-in-pager=touch", "--open"])
def test_the_parser_and_the_table_agree_on_what_is_asked(option: str) -> None:
    assert judge(f"git grep {option} x", ["run_shell(git grep *)"]).verdict == "ask"
