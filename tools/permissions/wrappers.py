"""Programs that run the program in their arguments: what they run becomes a part of its own.

Covered: the wrappers below with the options named here; an option that is not named makes the
command unclear. Not covered: programs that run others by their own flags (``runners``) and scripts.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tools.permissions.parts import Part
from tools.permissions.words import Word, dynamic, names

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
RESERVED = names(
    "if then else elif fi do done case esac while until for select function in { } ! [[ ]] coproc"
)
_SHELLS = frozenset({"bash", "sh", "dash", "zsh", "ksh", "ash", "rbash"})
_NAMES_VARIABLES = names("read printf mapfile readarray unset getopts wait test export declare let")
_PLAIN_OPTION = re.compile(r"-[eux]*[co]?")
_PLAIN_VALUES = names("pipefail errexit nounset xtrace")
_SHELL_WORDS = names("--norc --noprofile --posix --login --restricted --verbose --noediting")
_FIND_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})


@dataclass(frozen=True)
class Wrapper:
    """How a wrapper's own arguments end. ``pure``: it changes nothing about what it runs."""

    flags: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    operands: int = 0
    pure: bool = True
    inert: frozenset[str] = frozenset()
    subcommands: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Unwrapped:
    """``part`` itself, the parts and the command lines it runs, and what is unclear about that."""

    part: Part
    runs: tuple[Part, ...] = ()
    scripts: tuple[str, ...] = ()
    unclear: tuple[str, ...] = field(default=())


def _wrapper(
    flags: str = "", values: str = "", operands: int = 0, pure: bool = True, inert: str = "", sub: str = ""
) -> Wrapper:
    split = [frozenset(text.split()) for text in (flags, values, inert, sub)]
    return Wrapper(split[0], split[1], operands, pure, split[2], split[3])


WRAPPERS: dict[str, Wrapper] = {
    "builtin": _wrapper(),
    "busybox": _wrapper(pure=False),
    "command": _wrapper("-p", inert="-v -V"),
    "coproc": _wrapper(),
    "doas": _wrapper("-n -s", "-u -C", pure=False),
    "env": _wrapper("-i - -0 --ignore-environment --null -v --debug", "-u --unset"),
    "exec": _wrapper("-c -l", "-a"),
    "ionice": _wrapper("-t", "-c -n --class --classdata", inert="-p --pid"),
    "nice": _wrapper("", "-n --adjustment"),
    "nohup": _wrapper(),
    "npx": _wrapper("-y --yes --no-install", pure=False),
    "setsid": _wrapper("-c -f -w --ctty --fork --wait"),
    "stdbuf": _wrapper("", "-i -o -e --input --output --error"),
    "sudo": _wrapper("-n -E -H -k -S -b", "-u -g -D -h -p -C -T --user --group", pure=False),
    "time": _wrapper("-p -v --portability --verbose"),
    "timeout": _wrapper(
        "-v --verbose --foreground --preserve-status", "-k -s --kill-after --signal", operands=1
    ),
    "uv": _wrapper("--frozen --locked --no-sync -q --quiet", "--with -p --python", pure=False, sub="run"),
    "uvx": _wrapper("-q --quiet", "--from --with -p --python", pure=False),
    "xargs": _wrapper(
        "-0 -r -t -x -p --null --no-run-if-empty --verbose --exit",
        "-n -P -L -s -d -E -I -a --max-args --max-procs  --max-chars --delimiter --arg-file",
    ),
}


def unwrap(part: Part) -> Unwrapped:
    """What ``part`` runs beyond itself."""
    name = part.program.rsplit("/", 1)[-1]
    words = part.words
    if name in _SHELLS:
        return _shell(part)
    if name in ("eval", "trap"):
        chosen = words[1:] if name == "eval" else words[1:2]
        known = all(word.literal for word in chosen)
        script = (" ".join(word.text for word in chosen),) if known and chosen else ()
        return Unwrapped(part, scripts=script, unclear=(f"{name} runs text as commands",))
    if name in ("source", "."):
        return Unwrapped(part, unclear=(f"{name} runs a file in this shell",))
    if name == "let" or (name in _NAMES_VARIABLES and any(_evaluates(word) for word in words[1:])):
        return Unwrapped(part, unclear=(f"{name} can evaluate a subscript as a command",))
    if name == "find":
        return _find(part)
    return _wrapped(part, name) if name in WRAPPERS else Unwrapped(part)


def _evaluates(word: Word) -> bool:
    return "[" in word.text and ("$" in word.text or "`" in word.text)


def _inner(part: Part, words: Sequence[Word], assignments: Sequence[str] = (), within: bool = False) -> Part:
    """The part that ``part`` runs; its prefixes and redirections hold for that too."""
    return Part(
        text=shlex.join(word.text for word in words),
        words=tuple(words),
        assignments=(*part.assignments, *assignments),
        writes=part.writes,
        within=within,
    )


def _shell(part: Part) -> Unwrapped:
    """``bash -c 'text'``: the text is read; with plain options the shell adds nothing of its own."""
    words = part.words
    found = _shell_options(words)
    if found is None:
        return Unwrapped(part, unclear=(f"{part.program} has options that are not judged",))
    position, command, plain = found
    if not command and position >= len(words):
        return Unwrapped(part, unclear=(f"{part.program} runs what it reads",))
    if not command:
        return Unwrapped(part)
    if position >= len(words) or not words[position].literal:
        return Unwrapped(part, unclear=(f"{part.program} -c runs text that is not literal",))
    alone = not part.assignments and not part.writes and "/" not in part.program
    pure = plain and alone and part.program in ("bash", "sh")
    script = words[position].text
    if not plain:
        return Unwrapped(part, scripts=(script,), unclear=(f"{part.program} has options beside -c",))
    return Unwrapped(replace(part, passes_on=pure), scripts=(script,))


def _shell_options(words: Sequence[Word]) -> tuple[int, bool, bool] | None:
    """Where the operands begin, whether the first is a command line, and whether all options are plain.

    None where an option is not known, which could take the next word as its value.
    """
    position, command, plain, values = 1, False, True, 0
    while position < len(words) and re.match(r"[-+].", words[position].text):
        option = words[position]
        position += 1
        if option.text == "--" or not option.literal:
            return (position, command, plain) if option.literal else None
        if option.text.startswith("--") and option.text not in _SHELL_WORDS:
            return None
        plain = plain and _PLAIN_OPTION.fullmatch(option.text) is not None
        if not option.text.startswith("--"):
            command = command or (option.text.startswith("-") and "c" in option.text)
            values = sum(letter in "oO" for letter in option.text)
            plain = plain and all(word.text in _PLAIN_VALUES for word in words[position : position + values])
            position += values
    return position, command, plain


def _find(part: Part) -> Unwrapped:
    runs: list[Part] = []
    words = part.words
    for start in (i for i, word in enumerate(words) if word.text in _FIND_RUNS):
        end = start + 1
        while end < len(words) and words[end].text not in (";", "+"):
            end += 1
        inner = [dynamic(word.text) if "{}" in word.text else word for word in words[start + 1 : end]]
        if inner:
            runs.append(_inner(part, inner, within=True))
    return Unwrapped(part, tuple(runs))


def _wrapped(part: Part, name: str) -> Unwrapped:
    wrapper = WRAPPERS[name]
    words = list(part.words[1:])
    sure = True
    if wrapper.subcommands:
        if not words or words[0].text not in wrapper.subcommands:
            return Unwrapped(part)
        words = words[1:]
    if words and words[0].text in wrapper.inert:
        return Unwrapped(part)
    replaced = ""
    while words and words[0].text.startswith("-"):
        option = words.pop(0)
        taken = _option(option.text, wrapper) if option.literal else None
        if option.text == "--":
            break
        if taken is None and not (name == "nice" and re.fullmatch(r"-\d+", option.text)):
            return Unwrapped(part, unclear=(f"{name} {option.text} is not judged",))
        value = taken or ""
        if taken == "" and words:
            sure = sure and words[0].literal
            value = words.pop(0).text
        if option.text.startswith("-I"):
            replaced = value
    sure = sure and all(word.literal for word in words[: wrapper.operands])
    words = words[wrapper.operands :]
    assignments: list[str] = []
    while name == "env" and words and "=" in words[0].text:
        sure = sure and words[0].literal
        assignments.append(words.pop(0).text)
    if not words:
        return Unwrapped(part)
    if name == "xargs":
        words = _filled(words, replaced)
    first = words[0].text
    known = sure and words[0].literal and first not in RESERVED and not _ASSIGNMENT.match(first)
    unclear = () if known else (f"{name} runs what is only known when it runs: {first}",)
    pure = wrapper.pure and "/" not in part.program
    inner = _inner(part, words, assignments, within=not pure)
    return Unwrapped(replace(part, passes_on=pure), (inner,), unclear=unclear)


def _filled(words: list[Word], replaced: str) -> list[Word]:
    """The words of ``xargs`` after it put its input in."""
    if replaced:
        return [dynamic(word.text) if replaced in word.text else word for word in words]
    return [*words, dynamic("...")]


def _option(text: str, wrapper: Wrapper) -> str | None:
    """The value of an option: itself where attached, "" where it is the next word, None where unknown.

    A flag has the value of its own text, which nobody reads.
    """
    name, separator, value = text.partition("=")
    if text in wrapper.flags:
        return text
    if text in wrapper.values:
        return ""
    if text.startswith("--"):
        return value if separator and name in wrapper.values else None
    if text[:2] in wrapper.values:
        return text[2:]
    return text if len(text) > 1 and all(f"-{letter}" in wrapper.flags for letter in text[1:]) else None
