"""What a known program could run or write by its arguments: the table in ``runners.toml``.

Covered: the flags that are documented to run programs, by their long, short, clustered and
abbreviated forms, and words that bash could turn into such a flag. Not covered: programs that are
not in the table; a rule that names one grants it whole.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tools.permissions.parts import Part
from tools.permissions.sed import unsafe_sed
from tools.permissions.words import Word

_JUDGED_APART = frozenset({"sed", "gsed", "env", "xargs"})
_VERSIONED = re.compile(r"(python|pypy|pip|perl|ruby|lua|php|node|guile|tclsh|gcc|g?awk)[\d.]+")


class Runner(BaseModel):
    """One entry of the table; its fields are explained at the table's head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: tuple[str, ...]
    reason: str
    words: tuple[str, ...] = ()
    from_here: tuple[str, ...] = ()
    short: str = ""
    prefixes: tuple[str, ...] = ()
    unsafe: str = ""
    whole: bool = False
    bare: bool = False
    first: bool = False
    launchers: tuple[str, ...] = ()
    pairs: dict[str, str] = {}
    reads: int | None = None
    cluster_first: bool = False


@cache
def table() -> dict[str, Runner]:
    """The runners by program name."""
    path = Path(__file__).with_name("runners.toml")
    entries = tomllib.loads(path.read_text(encoding="utf-8")).values()
    return {name: runner for entry in entries for runner in [Runner(**entry)] for name in runner.names}


def runner_of(program: str) -> Runner | None:
    """The table's entry for a program as written, with or without a folder or a version."""
    name = program.rsplit("/", 1)[-1]
    versioned = _VERSIONED.fullmatch(name)
    return table().get(versioned.group(1) if versioned else name)


def dangers(part: Part) -> dict[int, str]:
    """The words of ``part``, by position, that a rule has to spell, each with the reason.

    The position behind the last word stands for what is missing there: no ``*`` may end the rule.
    """
    name = part.program.rsplit("/", 1)[-1]
    if name in ("sed", "gsed"):
        reason = unsafe_sed(part.words[1:])
        return dict.fromkeys(range(1, len(part.words)), f"sed: {reason}") if reason else {}
    runner = runner_of(part.program) if part.program else None
    if runner is None:
        return {}
    reason = f"{part.program}: {runner.reason}"
    return dict.fromkeys(sorted(_positions(runner, part.words)), reason)


def _positions(runner: Runner, words: tuple[Word, ...]) -> set[int]:
    if runner.whole:
        return set(range(len(words) + 1))
    found = {i for i, word in enumerate(words) if i and _dangerous(runner, word)}
    starts = [i for i, word in enumerate(words) if word.text in runner.from_here]
    if starts:
        found |= set(range(starts[0], len(words)))
    if runner.cluster_first and len(words) > 1 and set(words[1].text) & set(runner.short):
        found.add(1)
    operands = [i for i, word in enumerate(words) if i and not word.text.startswith("-")]
    if runner.reads is not None:
        found |= set(operands[runner.reads :])
    given = [flag for name, flag in runner.pairs.items() if any(word.text == name for word in words)]
    found |= {i for i, word in enumerate(words) if i and word.text.startswith(tuple(given))}
    if runner.bare and not _runs_a_file(words, operands):
        found |= set(range(len(words) + 1))
    if runner.first:
        found |= _through(words, operands[:1])
    launched = [order for order, i in enumerate(operands) if words[i].text in runner.launchers]
    if launched:
        found |= _through(words, operands[launched[0] + 1 : launched[0] + 2])
    return found


def _runs_a_file(words: tuple[Word, ...], operands: list[int]) -> bool:
    """Whether an interpreter's first operand is surely a file, and not an option's value or its input."""
    if not operands or any(word.text == "-" or word.text.startswith(("/dev/", "/proc/")) for word in words):
        return False
    before = words[operands[0] - 1].text
    takes_value = before.startswith("-") and (before[-1] in "WXOoIA" or before.startswith("--"))
    return not (takes_value and len(operands) == 1)


def _through(words: tuple[Word, ...], operand: list[int]) -> set[int]:
    """All words up to the program that runs, and its own; all of them where they cannot be told apart."""
    if not operand or not words[operand[0]].literal:
        return set(range(len(words)))
    start = operand[0]
    program = words[start].text
    inner = runner_of(program)
    # An option before it may have taken it as its value; then the program is the word behind.
    after_option = start > 1 and words[start - 1].text.startswith("-")
    opaque = inner is not None and (inner.whole or inner.bare or inner.first or inner.launchers)
    if opaque or program.rsplit("/", 1)[-1] in _JUDGED_APART or (inner is not None and after_option):
        return set(range(len(words)))
    through = set(range(min(len(words), start + (2 if after_option else 1))))
    return through | {start + i for i in _positions(inner, words[start:])} if inner else through


def _dangerous(runner: Runner, word: Word) -> bool:
    text = word.text
    if word.may_be_option() or (runner.unsafe and re.search(runner.unsafe, text)):
        return True
    given = text.partition("=")[0]
    if given in runner.words or any(text.startswith(prefix) for prefix in runner.prefixes):
        return True
    if text.startswith("--") and len(text) > 2:
        return given[1:] in runner.words or any(option.startswith(given) for option in runner.words)
    return text.startswith("-") and not text.startswith("--") and bool(set(text[1:]) & set(runner.short))
