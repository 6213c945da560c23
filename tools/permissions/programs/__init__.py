"""The known programs: what their arguments may be without a question, as data.

Invariant: what is not listed here is not known to be harmless. A program without an entry, a flag, a
subcommand, an abbreviation or a form of a value that no entry lists is asked, whatever it does. The TOML
files beside this module hold one family of programs each; ``Program`` explains their fields.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

_HERE = Path(__file__).parent
_SYSTEM = ("/bin/", "/usr/bin/", "/usr/local/bin/")
_VERSIONED = re.compile(r"(python|pypy|pip|perl|ruby|lua|php|node|guile|tclsh)[\d.]+")


class Program(BaseModel):
    """What is known of one program, or of one of its subcommands.

    Names of options are separated by blanks. A single letter after one dash may stand in a cluster.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    names: tuple[str, ...] = ()
    """Other names of the same program; the table's own name counts where there is none."""
    kind: Literal["reads", "writes", "runs"] = "reads"
    """``reads`` leaves every file as it is; ``runs`` runs code that lies in the workspace."""
    flags: str = ""
    """Options without a value."""
    values: str = ""
    """Options with a value: the next word, or attached (``-n5``, ``--lines=5``)."""
    optional: str = ""
    """Options whose value, if there is one, is attached."""
    numbers: bool = False
    """A dash and digits (``-5``) are an option without a value."""
    words: bool = False
    """Options are whole words after one dash (``-name``): neither clusters nor attached values."""
    old_style: bool = False
    """The first word is a cluster without its dash (``xzf``); its values follow as words."""
    patterns: dict[str, str] = {}
    """What the value of an option has to match whole."""
    ends_options: bool = False
    """``--`` is known to end its options; of other programs the words behind it may be options too."""
    operand: str = ""
    """What every operand has to match whole."""
    operands: int | None = None
    """How many operands there may be."""
    least: int = 0
    """How many operands there have to be: with fewer it would do something else, such as run its input."""
    spelled: int = 0
    """How many operands a rule has to spell."""
    offered: int = 0
    """How many operands the rule that a confirmation offers spells."""
    script: bool = False
    """All that follows the first operand belongs to what that names."""
    complete: bool = False
    """No option of it does harm, so that words which are only known at run time are harmless too."""
    anything: bool = False
    """Nothing in its arguments does harm."""
    offer: bool = True
    """Whether a confirmation offers a rule that ends in ``*``."""
    judge: str = ""
    """The function that judges the program text in its arguments."""
    launches: int | None = None
    """After so many operands comes a program that it runs: a rule has to spell that one too."""
    launching: str = ""
    """The option whose value is the program that it runs."""
    opens: str = ""
    """What an approval means beyond the program's own work, as you read it in a confirmation.

    It holds for the subcommands as well, which add their own."""
    others: str = ""
    """What its options that are not listed can do, as you read it of a rule that ends in ``**``."""
    subcommands: dict[str, "Program"] = {}
    """Its subcommands. Where there are some, no other is known."""

    @cached_property
    def without_value(self) -> frozenset[str]:
        return frozenset(self.flags.split())

    @cached_property
    def with_value(self) -> frozenset[str]:
        return frozenset(self.values.split())

    @cached_property
    def maybe_value(self) -> frozenset[str]:
        return frozenset(self.optional.split())

    def options(self) -> frozenset[str]:
        """All options that are listed."""
        return self.without_value | self.with_value | self.maybe_value


@cache
def table() -> dict[str, Program]:
    """The known programs by name. Raises ValueError where one is named twice."""
    found: dict[str, Program] = {}
    for path in sorted(_HERE.glob("*.toml")):
        if path.name != "wrappers.toml":
            for name, program in _entries(path):
                if name in found:
                    raise ValueError(f"{path.name}: {name} is named twice")
                found[name] = program
    return found


@cache
def wrappers() -> frozenset[str]:
    """Programs whose purpose is to run what their arguments, their input or a connection says."""
    with (_HERE / "wrappers.toml").open("rb") as file:
        return frozenset(name for group in tomllib.load(file).values() for name in group["names"])


def known(program: str) -> Program | None:
    """The entry for a program as written: by its name alone, or in a folder of the system."""
    folder, _, name = program.rpartition("/")
    if folder and not f"{folder}/".startswith(_SYSTEM):
        return None
    return table().get(name) or table().get(base_name(name))


def base_name(program: str) -> str:
    """The name of a program without its folder and version."""
    name = program.rsplit("/", 1)[-1]
    versioned = _VERSIONED.fullmatch(name)
    return versioned.group(1) if versioned else name


def is_wrapper(program: str) -> bool:
    """Whether no rule for ``program`` may cover what it runs. A loader of libraries is one too."""
    name = base_name(program)
    return name in wrappers() or re.match(r"ld[-.\d]|.*\.so(\.|$)", name) is not None


def _entries(path: Path) -> Iterator[tuple[str, Program]]:
    with path.open("rb") as file:
        for key, fields in tomllib.load(file).items():
            program = Program.model_validate(fields)
            for name in program.names or (key,):
                yield name, program
