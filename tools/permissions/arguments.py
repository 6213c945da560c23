"""Which words of a command are not known to be harmless: its arguments against the table of programs.

Invariant: a word that the entry of its program does not account for is in the result, and so is all that
follows it, because a flag that is not known may take the next word as its value. Of a program without an
entry the name is in the result, and every word that could be a program which it runs, or the text of one.
Covered: clusters, attached and separate values, ``--`` where it is known to end the options, options after
operands, words that bash replaces. Abbreviated options are not known. Not covered: what a program does with
what it reads; ``opens`` of its entry tells the user.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sandbox.programs import is_installed
from tools.permissions.parts import Part
from tools.permissions.programs import Program, base_name, is_wrapper, known, table, wrappers
from tools.permissions.scripts import JUDGES
from tools.permissions.words import Kind, Word
from tools.permissions.wrappers import WRAPPERS


@dataclass(frozen=True)
class Doubts:
    """Positions of words that a rule has to spell, each with the reason.

    The position behind the last word stands for what is missing there: no ``*`` may end the rule.
    ``firm`` are those that have to be spelled even where a rule ends in ``**``.
    """

    reasons: dict[int, str] = field(default_factory=dict)
    firm: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.reasons)


def doubts(part: Part) -> Doubts:
    """The words of ``part`` that are not known to be harmless."""
    return _doubts(part.words) if part.program and not part.read else Doubts()


def _doubts(words: Sequence[Word]) -> Doubts:
    name = words[0].text
    everything = range(len(words) + 1)
    program = known(name) if words[0].literal else None
    if program is None and (is_wrapper(name) or base_name(name) in WRAPPERS or not words[0].literal):
        reason = f"{name}: what it runs is not known to be harmless"
        return Doubts(dict.fromkeys(everything, reason), frozenset(everything))
    if program is None:
        return _unknown(words)
    return _Arguments(program, words, name).judge()


_PLAIN = re.compile(r"[\w./:=@%+,~^#-]*")
"""A word in which no program of another language is written, but for a name."""


def _unknown(words: Sequence[Word]) -> Doubts:
    """Doubt the name of a program without an entry, and all words that could be a program that it runs."""
    name = words[0].text
    reasons = {0: f"{name}: not known here, so a rule has to name it"}
    for position, word in enumerate(words):
        if position and (not word.literal or not _PLAIN.fullmatch(word.text) or _programs_in(word.text)):
            reasons[position] = f"{name}: {word.text} could be a program that it runs"
    return Doubts(reasons)


def _programs_in(text: str) -> bool:
    """Whether a word is, or holds, the name of a program, also right behind the letter of an option."""
    pieces = re.split(r"[^\w.+\[-]+", text)
    candidates = {piece.lstrip("-") for piece in pieces} | {piece[2:] for piece in pieces if piece[:1] == "-"}
    return any(each and _is_program(each) for each in candidates)


@lru_cache(maxsize=4096)
def _is_program(name: str) -> bool:
    known_name = name in table() or name in wrappers() or name in WRAPPERS or base_name(name) in table()
    return known_name or is_installed(name)


class _Arguments:
    """One walk over the words of a program; ``start`` is where its own name or subcommand stands."""

    def __init__(
        self, program: Program, words: Sequence[Word], called: str, start: int = 0, ends: bool = False
    ) -> None:
        self.program = program
        self.ends = ends or program.ends_options
        self.words = words
        self.called = called
        self.start = start
        self.end = len(words)
        self.reasons: dict[int, str] = {}
        self.firm: set[int] = set()
        self.operands: list[int] = []
        self.launched = False

    def judge(self) -> Doubts:
        if self.program.kind != "reads":
            self.reasons[0] = f"{self.called}: a rule has to name it"
        if not self.program.anything:
            self.walk()
        if self.program.judge:
            first = self.operands[0] if self.operands else self.start + 1
            why = JUDGES[self.program.judge](self.words[first:])
            if why:
                self.doubt(first, why)
        if self.program.launches is not None and not self.launched:
            self.firm |= set(range(self.end + 1)) if len(self.reasons) > 1 else set()
        return Doubts(self.reasons, frozenset(self.firm))

    def doubt(self, position: int, why: str, through: int | None = None) -> None:
        """Doubt the word at ``position`` and those behind it, to the last or to ``through``."""
        for each in range(position, self.end if through is None else through + 1):
            self.reasons.setdefault(each, f"{self.called}: {why}")

    def walk(self) -> None:
        program, at, ended = self.program, self.start + 1, False
        if program.judge == "sed":
            return
        if program.old_style and at < self.end and not self.words[at].text.startswith("-"):
            at = self.old_style(at)
        while at < self.end:
            word = self.words[at]
            if program.kind != "reads" and word.text.startswith("@"):
                self.doubt(at, f"{word.text} can name a file of arguments")
                return
            if not ended and word.literal and word.text == "--":
                ended = self.ends
                at += 1
            elif not ended and self.is_option(word):
                taken = self.option(at)
                if taken == 0:
                    return
                at += taken
            elif program.subcommands:
                self.subcommand(at)
                return
            elif not self.operand(at):
                return
            elif program.script:
                break
            else:
                at += 1
        self.missing()

    def is_option(self, word: Word) -> bool:
        if self.program.complete and not word.literal:
            return False
        return word.may_be_option() or (word.text.startswith("-") and word.text != "-")

    def option(self, at: int) -> int:
        """How many words the option at ``at`` takes; 0 where it is not known, and all behind is in doubt."""
        program, word = self.program, self.words[at]
        text = word.text
        if not word.literal:
            self.doubt(at, f"{text} is only known when it runs, and could be any option")
            return 0
        if text == program.launching and at + 1 < self.end:
            self.launch(at + 1)
            return 0
        if text in program.without_value or (program.numbers and re.fullmatch(r"-\d+", text)):
            return 1
        name, value = self.attached(text)
        if name is None:
            self.doubt(at, f"{text} is not known to be harmless{self.hint()}")
            return 0
        if value is not None:
            return 1 if self.value(name, value, at) else 0
        if at + 1 == self.end:
            self.doubt(at, f"{text} has no value")
            return 0
        following = self.words[at + 1]
        dashed = following.text.startswith("-") and not re.fullmatch(r"-\d*", following.text)
        dashed = dashed or (program.kind != "reads" and following.text.startswith("@"))
        if not program.complete and (following.may_be_option() or (following.literal and dashed)):
            self.doubt(at, f"the value of {text} could be an option")
            return 0
        return 2 if self.value(name, following.text if following.literal else None, at) else 0

    def attached(self, text: str) -> tuple[str | None, str | None]:
        """The option of a word that takes a value, and the value where it is attached; None where unknown."""
        program = self.program
        if text in program.with_value:
            return text, None
        if text in program.maybe_value:
            return text, ""
        valued = program.with_value | program.maybe_value
        name, separator, value = text.partition("=")
        if separator and name in valued and (name.startswith("--") or program.words):
            return name, value
        if text.startswith("--") or program.words:
            return None, None
        for position, letter in enumerate(text[1:], start=1):
            option = f"-{letter}"
            if option in valued:
                rest = text[position + 1 :]
                return option, rest if rest or option in program.maybe_value else None
            if option not in program.without_value:
                return None, None
        return "", ""

    def value(self, name: str, value: str | None, at: int) -> bool:
        """Whether the value of an option is harmless; None is one that is only known when it runs."""
        pattern = self.program.patterns.get(name)
        if pattern is None or (value is not None and re.fullmatch(pattern, value, re.DOTALL)):
            return True
        self.doubt(at, f"the value of {name} is not known to be harmless{self.hint()}")
        return False

    def old_style(self, at: int) -> int:
        """Read a cluster without its dash; its values are the words behind it, in order."""
        valued = [f"-{letter}" for letter in self.words[at].text if f"-{letter}" in self.program.with_value]
        letters = {f"-{letter}" for letter in self.words[at].text}
        known_letters = self.program.without_value | self.program.with_value
        values = self.words[at + 1 : at + 1 + len(valued)]
        if not self.words[at].literal or not letters <= known_letters or len(values) < len(valued):
            self.doubt(at, f"{self.words[at].text} is not known to be harmless{self.hint()}")
            return self.end
        for option, value in zip(valued, values, strict=True):
            if not self.value(option, value.text if value.literal else None, at):
                return self.end
        return at + 1 + len(valued)

    def operand(self, at: int) -> bool:
        """Take an operand; False where all behind it is in doubt."""
        program, word = self.program, self.words[at]
        order = len(self.operands)
        self.operands.append(at)
        if program.launches is not None and order == program.launches:
            self.launch(at)
            return False
        several = word.kind is not Kind.LITERAL and program.operands is not None
        if program.operands is not None and (order >= program.operands or (several and not program.complete)):
            self.doubt(at, f"{word.text} is one word too many{self.hint()}")
            return False
        fits = word.literal and re.fullmatch(program.operand, word.text, re.DOTALL)
        if program.operand and not fits and order < (1 if program.script else self.end):
            self.doubt(at, f"{word.text} is not known to be harmless{self.hint()}")
            return False
        if order < program.spelled:
            self.doubt(at, f"a rule has to name {word.text}", through=at)
        return True

    def subcommand(self, at: int) -> None:
        """Judge the rest by the subcommand that stands at ``at``."""
        word = self.words[at]
        inner = self.program.subcommands.get(word.text) if word.literal else None
        if inner is None:
            self.operands.append(at)
            self.doubt(at, f"{word.text} is not known to be harmless{self.hint()}")
            return
        found = _Arguments(inner, self.words, f"{self.called} {word.text}", at, self.ends).judge()
        for each, why in found.reasons.items():
            self.reasons.setdefault(each, why)
        self.firm |= found.firm

    def launch(self, at: int) -> None:
        """Judge what it runs by the table; a rule has to spell all up to that program's name."""
        self.launched = True
        inner = _doubts(self.words[at:])
        self.doubt(0, f"runs {self.words[at].text}", through=at)
        for each, why in inner.reasons.items():
            self.reasons.setdefault(at + each, why)
        self.firm |= {at + each for each in inner.firm}
        if self.program.launches is not None:
            self.firm |= set(range(at + 1))

    def missing(self) -> None:
        """Doubt a command that lacks what it needs, where that makes it do something else."""
        program = self.program
        needed = max(program.least, program.spelled, 1 if program.subcommands else 0)
        if program.launches is not None:
            needed = program.launches + 1
        if len(self.operands) < needed:
            self.doubt(self.start + 1, "without more words it does something else", through=self.end)

    def hint(self) -> str:
        return f" ({self.program.others})" if self.program.others else ""
