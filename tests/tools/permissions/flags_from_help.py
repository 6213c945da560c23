"""The options that an installed program lists in its own ``--help``, as a source of hostile commands.

``python -m tests.tools.permissions.flags_from_help`` prints what each known program has beyond its entry in
the table, for whoever keeps the table.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tools.permissions.programs import Program, table
from tools.permissions.words import names

_HEAD = re.compile(r"^\s{0,14}(-{1,2}[^\s-].*|--[^\s].*)$")
_OPTION = re.compile(r"(?<![\w-])(--?(?:\[no-\])?[A-Za-z0-9?](?:[\w-]*\w)?)")
_HELP = {"git": "-h", "jq": "-h"}


@dataclass(frozen=True)
class Help:
    """Options by what they take. Where the help does not say it plainly, an option is in none of the sets."""

    all: frozenset[str]
    without_value: frozenset[str]
    with_value: frozenset[str]


def commands() -> Iterator[tuple[list[str], Program]]:
    """The known programs with options of their own that are installed here, each under one of its names."""
    found: dict[int, str] = {}
    for name, program in table().items():
        place = shutil.which(name) if name not in _SILENT else None
        if place and (place.startswith(("/bin/", "/usr/bin/")) or name in _ELSEWHERE):
            found.setdefault(id(program), name)
    for name in found.values():
        yield from _levels([name], table()[name])


def options_of(command: list[str]) -> Help:
    """What ``command`` says of its options."""
    env = {**os.environ, "LC_ALL": "C", "COLUMNS": "200", "TERM": "dumb", "PAGER": "cat"}
    done = subprocess.run(
        [*command, _HELP.get(command[0], "--help")],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=30,
        stdin=subprocess.DEVNULL,
        env=env,
        check=False,
    )
    return read_help(done.stdout + done.stderr)


def read_help(text: str) -> Help:
    """Read the options at the start of the lines of a help text."""
    every: set[str] = set()
    without: set[str] = set()
    with_value: set[str] = set()
    for line in text.splitlines():
        head = _HEAD.match(line)
        if head is None:
            continue
        said = re.split(r"\s{2,}|\t", head[1], maxsplit=1)
        options = {each.replace("[no-]", "") for each in _OPTION.findall(said[0])}
        every |= options
        plain = re.fullmatch(r"(?:--?[A-Za-z0-9][\w-]*)(?:, --?[A-Za-z0-9][\w-]*)*", said[0].strip())
        if plain and len(said) == 2:
            without |= options
        elif re.search(r"(--[\w-]+)=[A-Z]+$", said[0].strip()):
            with_value |= options
    return Help(frozenset(every), frozenset(without - with_value), frozenset(with_value))


_ELSEWHERE = names("pip pytest ruff mypy cargo docker kubectl rg git")
# Not asked for help: what would run, wait or open something for an argument that it does not know.
_SILENT = names("bash sh dash zsh perl ruby php lua sudo busybox npx man less test true echo printf [ : npm")


def _levels(command: list[str], program: Program) -> Iterator[tuple[list[str], Program]]:
    if program.launches is None:
        if program.options():
            yield command, program
        for name, inner in program.subcommands.items():
            yield from _levels([*command, name], inner)


if __name__ == "__main__":
    for words, entry in commands():
        beyond = sorted(options_of(words).all - entry.options())
        if beyond:
            sys.stdout.write(f"{' '.join(words)}: {' '.join(beyond)}\n")
